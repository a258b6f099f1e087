/** Tests the audit trail of a system with two processes of each service. */
import { AUDIT_SETTINGS, auditSuite } from '../support/audit-suite.ts';
import { startCluster } from '../support/cluster.ts';

auditSuite('On a cluster', () => startCluster({ settingsOn: () => AUDIT_SETTINGS }));
