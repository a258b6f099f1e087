export type { ClusterBackend } from './backend.ts';
export { type ClusterService, type ClusterServiceDeps, runService } from './run-service.ts';
export { kafkaConnection, type Needs, openServers, type Servers, type ServersDeps } from './servers.ts';
export { kafkaSettings, type ServerConfig, serverSettings } from './settings.ts';
export { isOutage } from './wait-for-servers.ts';
