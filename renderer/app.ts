import { mount } from 'svelte';
import { config } from 'zod';
import App from './App.svelte';
import { startShell } from './client/start.js';

// The page's policy forbids eval, which zod would try.
config({ jitless: true });

mount(App, { target: document.getElementById('app')!, props: { shell: startShell() } });
