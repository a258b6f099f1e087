/** Names that all services of Latchkey use on HTTP. */

/**
 * The header `<account id>:<sequence>`: responses to changes have it, and a client that sends it back gets a response
 * that shows this sequence or a later one.
 */
export const ACCOUNT_SEQUENCE = 'Account-Sequence';

/** Prefix of `type` in problem details (RFC 9457); the code of the problem follows. */
export const PROBLEM_TYPES = 'urn:latchkey:problem:';
