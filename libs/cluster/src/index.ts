export { type ClusterService, type ClusterServiceDeps, runService } from './run-service.ts';
export { isOutage } from './wait-for-servers.ts';
