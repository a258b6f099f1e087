/**
 * Helpers for tests in which people change the address of their account. Passwords are hashed with a fast
 * function.
 */
import assert from 'node:assert/strict';
import { isLivingAccount, type LivingAccount } from '../../account/index.ts';
import type { Caller, UseCaseDeps } from '../../deps.ts';
import type { AuthStores } from '../../ports/stores.ts';
import { login } from '../../sessions/login.ts';
import { verifySignUp } from '../../sign-up/verification.ts';
import {
  createRefusalPredicate,
  createTestContext,
  type TestWorld,
  withTestWorld,
} from '../../testing/world.ts';
import { confirmEmailChange } from '../confirm.ts';
import { requestEmailChange } from '../request.ts';
import { undoEmailChange } from '../undo.ts';

export const [ada, countess, eve] = ['ada@example.com', 'countess@example.com', 'eve@example.com'];
export const ADA_PASSWORD = 'the password of ada';
export const MAILBOX_OWNER_PASSWORD = 'chosen by the holder of the mailbox';
const both = { newPassword: MAILBOX_OWNER_PASSWORD, confirmNewPassword: MAILBOX_OWNER_PASSWORD };
export const defaultTestContext = createTestContext();

async function quickHash(text: string, address: string): Promise<string> {
  return `hash of ${text} for ${address}`;
}

const quickPasswords: UseCaseDeps['passwords'] = {
  hash: quickHash,
  find: async (text, address, _request, isStored) => {
    const current = await quickHash(text, address);
    return (await isStored(current)) ? { current, stored: current } : { current };
  },
};

/**
 * Runs a test with a fast password hash instead of Argon2, which would take most of the time of these tests.
 */
export function withTestWorldAndFastHashing(
  play: (world: TestWorld) => Promise<void>,
  given?: () => Promise<AuthStores>,
) {
  return withTestWorld((world) => {
    Object.assign(world.deps, { passwords: quickPasswords });
    return play(world);
  }, given);
}

export async function createVerifiedAccount(
  world: TestWorld,
  address = ada,
  password = ADA_PASSWORD,
): Promise<LivingAccount> {
  const { userId } = await world.signUp(address, password);
  const token = world.tokenOf(userId, 'verification');
  const { state } = await verifySignUp(
    world.deps,
    { token, evidence: { kind: 'password', password } },
    createTestContext({ ip: '198.51.100.1' }),
  );
  assert.ok(isLivingAccount(state));
  return state;
}

async function callerOf(world: TestWorld, userId: string): Promise<Caller> {
  const state = await world.deps.accounts.load(userId);
  assert.ok(isLivingAccount(state));
  return { userId, sessionId: 'a session', state };
}

export async function requestEmailChangeTo(
  world: TestWorld,
  userId: string,
  to = countess,
  password = ADA_PASSWORD,
) {
  const newEmail = { stored: to, canonical: to };
  return requestEmailChange(
    world.deps,
    { newEmail, password },
    await callerOf(world, userId),
    defaultTestContext,
  );
}

export function confirmRequestedEmailChange(
  world: TestWorld,
  userId: string,
  deps: UseCaseDeps = world.deps,
) {
  const token = world.tokenOf(userId, 'email-change');
  return confirmEmailChange(
    deps,
    { token, evidence: { kind: 'password', password: ADA_PASSWORD } },
    defaultTestContext,
  );
}

export function undoConfirmedEmailChange(world: TestWorld, userId: string, deps: UseCaseDeps = world.deps) {
  return undoEmailChange(deps, { token: world.tokenOf(userId, 'email-undo'), ...both }, defaultTestContext);
}

export async function createAccountWithChangedEmail(world: TestWorld): Promise<string> {
  const { userId } = await createVerifiedAccount(world);
  await requestEmailChangeTo(world, userId);
  await confirmRequestedEmailChange(world, userId);
  return userId;
}

export async function canSignIn(world: TestWorld, address: string, password: string): Promise<boolean> {
  try {
    await login(world.deps, { address, password }, defaultTestContext);
    return true;
  } catch (error) {
    if (createRefusalPredicate('invalid_credentials')(error)) return false;
    throw error;
  }
}
