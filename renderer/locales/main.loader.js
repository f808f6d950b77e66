import { registerLoaders } from 'wuchale/load-utils';
import { loadCatalog, loadIDs } from './.wuchale/main.proxy.js';

/** Catalogues are loaded once, before any text is used: a window that changes its language is loaded again. */
export const getRuntime = registerLoaders('main', loadCatalog, loadIDs);
export const getRuntimeRx = getRuntime;
