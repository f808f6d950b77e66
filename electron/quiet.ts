import { app } from 'electron';

/** Before anything is started: child processes inherit it. onnxruntime reports its use to its maker unless told not to. */
export function silenceLibraries(): void {
  process.env.ORT_DISABLE_TELEMETRY = '1';
}

/**
 * Chromium's own habits of talking to the network, switched off before it starts. Quorum needs no network at all: no name is
 * resolved, whatever asks.
 */
export function keepQuiet(): void {
  const { commandLine } = app;
  commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
  commandLine.appendSwitch('no-proxy-server');
  commandLine.appendSwitch('disable-background-networking');
  commandLine.appendSwitch('disable-component-update');
  commandLine.appendSwitch('disable-domain-reliability');
  commandLine.appendSwitch('disable-breakpad');
  commandLine.appendSwitch('no-pings');
}
