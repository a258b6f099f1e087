/** The audit trail of a standalone. */
import { AUDIT_SETTINGS, auditSuite } from '../support/audit-suite.ts';
import { startStandalone } from '../support/standalone.ts';

auditSuite('On a standalone', () => startStandalone(AUDIT_SETTINGS));
