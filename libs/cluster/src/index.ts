export { type ClusterService, type ClusterServiceDeps, runService } from './run-service.ts';
