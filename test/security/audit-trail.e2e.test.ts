/** Tests the audit trail of a server that runs all services in one process. */
import { AUDIT_SETTINGS, defineAuditTests } from '../support/audit-suite.ts';
import { runOpsInProcess, startStandalone } from '../support/standalone.ts';

defineAuditTests('On a standalone', async () =>
  runOpsInProcess(await startStandalone(AUDIT_SETTINGS), AUDIT_SETTINGS),
);
