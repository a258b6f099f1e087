/** Tests the audit trail of a system with two processes of each service. */
import { AUDIT_SETTINGS, defineAuditTests } from '../support/audit-suite.ts';
import { startCluster } from '../support/cluster.ts';

defineAuditTests('On a cluster', () => startCluster({ settingsOn: () => AUDIT_SETTINGS }));
