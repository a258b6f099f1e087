/** Names that all services of Latchkey use on HTTP. */

/**
 * The name of a header with the value `<account id>:<sequence>`. The response to a change of an account has it. If a
 * client sends it with a later request, the response includes all changes up to this sequence.
 */
export const ACCOUNT_SEQUENCE_HEADER = 'Account-Sequence';

/** Prefix of `type` in problem details (RFC 9457); the code of the problem follows. */
export const PROBLEM_TYPE_PREFIX = 'urn:latchkey:problem:';
