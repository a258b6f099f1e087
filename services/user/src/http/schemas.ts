/** The schemas of the user service's HTTP requests and responses. */
import { instant, role } from '@latchkey/events';
import { z } from 'zod';
import type { LivingProfile } from '../profile/profile.ts';
import { profileCursorSchema } from './cursor.ts';

export const userSchema = z
  .object({
    id: z.uuid(),
    email: z.string().nullable(),
    username: z.string().nullable(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    role,
    isVerified: z.boolean(),
    disabled: z
      .boolean()
      .describe('Whether an admin has disabled the account; always false in one’s own profile'),
    locale: z.string(),
    createdAt: instant,
    updatedAt: instant,
    passwordChangedAt: instant.nullable(),
    version: z.number().int().positive().describe('The sequence of the last event that the profile includes'),
  })
  .meta({
    id: 'User',
    description: '`email` and the names are null if they were never given or were erased.',
  });

export type UserView = z.infer<typeof userSchema>;

/** Returns the part of a profile that is shown to its owner and to admins. */
export function toUserView(profile: LivingProfile): UserView {
  return {
    id: profile.id,
    email: profile.email,
    username: profile.username,
    firstName: profile.firstName,
    lastName: profile.lastName,
    role: profile.role,
    isVerified: profile.isVerified,
    disabled: profile.disabled,
    locale: profile.locale,
    createdAt: profile.createdAt,
    updatedAt: profile.updatedAt,
    passwordChangedAt: profile.passwordChangedAt,
    version: profile.sequence,
  };
}

export const userPageSchema = z.object({
  users: z.array(userSchema),
  nextCursor: z.string().nullable().describe('For the next page; null on the last one'),
});

export const userParamsSchema = z.object({ id: z.uuid().toLowerCase() });

/** Creates the schema of a query parameter for the number of items on a page. */
export const createPageLimitSchema = z
  .string()
  .regex(/^\d{1,3}$/, 'must be a whole number from 1 to 100')
  .transform(Number)
  .pipe(z.number().min(1).max(100));

export const usersQuerySchema = z.object({
  limit: createPageLimitSchema.default(20),
  cursor: profileCursorSchema.optional(),
  role: role.optional(),
  verified: z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' }).optional(),
  q: z.string().min(1).max(254).optional().describe('The beginning of the email address or the username'),
});

export type UsersQuery = z.infer<typeof usersQuerySchema>;
