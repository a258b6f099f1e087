import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeliveryAttemptResult } from '../delivery/attempt.ts';
import { REFUSALS_UNTIL_CIRCUIT_OPENS } from './circuit.ts';
import { createRefusalHistory } from './evidence.ts';

const failure = { stage: 'rcpt', code: 550 } as const;
const undecided: DeliveryAttemptResult = { kind: 'undecided', failure };
const accepted: DeliveryAttemptResult = { kind: 'accepted' };

function mail(name: string, id = name) {
  return { id, to: `${name}@example.com` };
}

describe('a refusal without a reason', () => {
  it('is about the recipient if another recipient gets through before it is repeated', () => {
    const evidence = createRefusalHistory();
    assert.equal(evidence.judge(mail('eve'), undecided).kind, 'undecided');
    evidence.judge(mail('ada'), accepted);
    assert.equal(evidence.judge(mail('eve'), undecided).kind, 'refused');
  });

  it('is not about the recipient because somebody got through before', () => {
    const evidence = createRefusalHistory();
    evidence.judge(mail('ada'), accepted);
    assert.equal(evidence.judge(mail('eve'), undecided).kind, 'undecided');
    assert.equal(evidence.judge(mail('eve'), undecided).kind, 'undecided');
  });

  it('is not about the recipient if another mail to the same one gets through', () => {
    const evidence = createRefusalHistory();
    evidence.judge(mail('eve', '1'), undecided);
    evidence.judge(mail('eve', '2'), accepted);
    assert.equal(evidence.judge(mail('eve', '1'), undecided).kind, 'undecided');
  });

  it('is about us if several different recipients are refused in a row', () => {
    const evidence = createRefusalHistory();
    evidence.judge(mail('eve'), undecided);
    evidence.judge(mail('ada'), accepted);
    for (let index = 1; index < REFUSALS_UNTIL_CIRCUIT_OPENS; index += 1)
      evidence.judge(mail(`other${index}`), undecided);
    assert.equal(evidence.judge(mail('eve'), undecided).kind, 'undecided');
    assert.equal(evidence.refusedInARow(), REFUSALS_UNTIL_CIRCUIT_OPENS);
    evidence.judge(mail('ada'), accepted);
    assert.equal(evidence.refusedInARow(), 0);
  });

  it('counts a recipient once, and a connection that is closed as a refusal', () => {
    const evidence = createRefusalHistory();
    for (let times = 0; times < 5; times += 1) evidence.judge(mail('eve'), undecided);
    assert.equal(evidence.refusedInARow(), 1);
    evidence.judge(mail('bob'), { kind: 'deferred', failure: { stage: 'rcpt' } });
    evidence.judge(mail('cy'), { kind: 'deferred', failure: { stage: 'rcpt', code: 450 } });
    evidence.judge(mail('dan'), { kind: 'refused', failure });
    assert.equal(evidence.refusedInARow(), 2);
    assert.equal(evidence.failedInARow(), 4);
    evidence.judge(mail('eve'), accepted);
    assert.equal(evidence.failedInARow(), 0);
  });
});
