/**
 * The header `<account id>:<sequence>`: answers to changes carry it, and a client that sends it back is answered from
 * a state that has reached this sequence.
 */
export const ACCOUNT_SEQUENCE = 'Account-Sequence';
