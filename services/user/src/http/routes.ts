/** The HTTP routes of the user service. */
import {
  createOpenApiRoute,
  type OpenApiInfo,
  Problem,
  type Route,
  route,
  standardProblems,
} from '@latchkey/http';
import { runWithTimeBudget } from '@latchkey/store';
import { accountNotVerifiedRefusal, type Caller, type Guards } from '@latchkey/tokens';
import type { z } from 'zod';
import { loadStoredAccount, type ProfileQuery, type ProfileStore } from '../ports/profiles.ts';
import { SequenceWaitRefused } from '../projection/sequence-waiter.ts';
import { encodeProfileCursor } from './cursor.ts';
import { withSecurityLog } from './logged-route.ts';
import { mapFailuresToProblems } from './problems.ts';
import {
  toUserView,
  type UsersQuery,
  type UserView,
  userPageSchema,
  userParamsSchema,
  userSchema,
  usersQuerySchema,
} from './schemas.ts';
import type { ActiveSessionWithProfile } from './session-status.ts';
import { userTexts } from './texts.ts';

const BASE = '/api/v1/users';
const tag = 'users';

/** The descriptions of the tags in the OpenAPI document of the user service. */
export const userOpenApiTags = {
  users: 'Profiles, for their owners and for admins.',
  events: 'The feed of account events, for other services.',
  webhooks: 'Endpoints that events are sent to, for admins.',
};

const INFO: OpenApiInfo = {
  title: 'Latchkey: users',
  version: '1',
  description: 'The read model of accounts.',
  tags: userOpenApiTags,
};

export interface UserRouteDeps {
  readonly profiles: Pick<ProfileStore, 'load' | 'list'>;
  readonly guards: Guards<ActiveSessionWithProfile>;
  /** The routes of the event feed. */
  readonly feed: readonly Route[];
  /** The routes with which admins manage webhook endpoints. */
  readonly webhooks: readonly Route[];
  /** The path of PUBLIC_URL, which a reverse proxy removes from requests. Empty if PUBLIC_URL has no path. */
  readonly publicPath: string;
}

export function createUserRoutes({
  profiles,
  guards,
  publicPath,
  feed,
  webhooks,
}: UserRouteDeps): readonly Route[] {
  const ofOneself = route({
    method: 'GET',
    path: `${BASE}/me`,
    tag,
    texts: userTexts,
    operationId: 'getMe',
    summary: 'One’s own profile',
    policy: guards.authenticated,
    answers: { 200: { description: 'The profile', schema: userSchema } },
    handle: async ({ caller }) => ({ status: 200, body: toUserView(caller.profile) }),
  });

  const list = route({
    method: 'GET',
    path: BASE,
    tag,
    texts: userTexts,
    operationId: 'listUsers',
    summary: 'Accounts, oldest first',
    description: 'Omits accounts whose registration has ended.',
    policy: guards.withRole('admin'),
    query: usersQuerySchema,
    answers: { 200: { description: 'A page of accounts', schema: userPageSchema } },
    handle: async ({ query }) => ({ status: 200, body: await page(profiles, query) }),
  });

  const one = route({
    method: 'GET',
    path: `${BASE}/:id`,
    tag,
    texts: userTexts,
    operationId: 'getUser',
    summary: 'One account',
    policy: { ...guards.authenticated, who: 'a verified admin, or the account itself' },
    params: userParamsSchema,
    answers: { 200: { description: 'The profile', schema: userSchema } },
    problems: [
      accountNotVerifiedRefusal,
      standardProblems.insufficient_permission,
      standardProblems.not_found,
    ],
    handle: async ({ caller, params }) => ({ status: 200, body: await seenBy(caller, params.id, profiles) }),
  });

  // `others` must come last: it contains the route `one` with the path `/:id`, which would also match `/me`
  // and `/openapi.json`.
  const others = [withTimeBudget(one), ...feed, ...webhooks.map(withTimeBudget)];
  const description = createOpenApiRoute(`${BASE}/openapi.json`, tag, { ...INFO, publicPath }, [
    ofOneself,
    list,
    ...others,
  ]);
  return [withTimeBudget(ofOneself), withTimeBudget(list), description, ...others].map(withSecurityLog);
}

/**
 * Limits how long each request to the route may wait for the store. The routes of the feed have no such
 * limit, because a stream lasts for hours and reads the log.
 */
function withTimeBudget(limited: Route): Route {
  return { ...limited, around: runWithTimeBudget };
}

async function seenBy(
  caller: Caller<ActiveSessionWithProfile>,
  id: string,
  profiles: UserRouteDeps['profiles'],
): Promise<UserView> {
  if (id === caller.profile.id) return toUserView(caller.profile);
  if (!caller.verified) throw new Problem(accountNotVerifiedRefusal);
  if (caller.role !== 'admin') throw new Problem(standardProblems.insufficient_permission);
  const { profile } = await mapFailuresToProblems(async () => {
    const account = await loadStoredAccount(profiles, id);
    if (account.parked !== undefined && id === caller.awaited) throw new SequenceWaitRefused('parked');
    return account;
  });
  if (profile === undefined || profile.ended) throw new Problem(standardProblems.not_found);
  return toUserView(profile);
}

async function page(
  profiles: UserRouteDeps['profiles'],
  query: UsersQuery,
): Promise<z.infer<typeof userPageSchema>> {
  const found = await mapFailuresToProblems(() =>
    profiles.list({ ...filtersOf(query), limit: query.limit + 1 }),
  );
  const shown = found.slice(0, query.limit);
  const last = shown.at(-1);
  const more = found.length > shown.length && last !== undefined;
  return { users: shown.map(toUserView), nextCursor: more ? encodeProfileCursor(last) : null };
}

function filtersOf({ cursor, role, verified, q }: UsersQuery): Omit<ProfileQuery, 'limit'> {
  return {
    ...(cursor === undefined ? {} : { after: cursor }),
    ...(role === undefined ? {} : { role }),
    ...(verified === undefined ? {} : { verified }),
    ...(q === undefined ? {} : { prefix: q }),
  };
}
