import { app } from 'electron';

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
