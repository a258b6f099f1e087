export { type ClusterService, type ClusterServiceDeps, runClusterService } from './run-service.ts';
