/** The audit trail of two processes of each service. */
import { AUDIT_SETTINGS, auditSuite } from '../support/audit-suite.ts';
import { startCluster } from '../support/cluster.ts';

auditSuite('On a cluster', () => startCluster({ settingsOn: () => AUDIT_SETTINGS }));
