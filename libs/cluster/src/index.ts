export type { ClusterBackend } from './backend.ts';
export { type ClusterService, type ClusterServiceDeps, runService } from './run-service.ts';
export { openServers, type Servers } from './servers.ts';
export { processSettings, type ServerConfig, serverSettings } from './settings.ts';
