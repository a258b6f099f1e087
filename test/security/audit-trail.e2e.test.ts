/** Tests the audit trail of a server that runs all services in one process. */
import { AUDIT_SETTINGS, defineAuditTests } from '../support/audit-suite.ts';
import { startStandalone } from '../support/standalone.ts';

defineAuditTests('On a standalone', () => startStandalone(AUDIT_SETTINGS));
