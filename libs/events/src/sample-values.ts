/** Values that the samples of several events use. */
export const SAMPLE_USER_ID = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';

export const SAMPLE_RECIPIENT = { email: 'ada@example.com', username: 'ada' } as const;

export const SAMPLE_SEALED_LINK = {
  sealed: 'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InNhbXBsZSJ9..c2FtcGxl.c2FtcGxl.c2FtcGxl',
  expiresAt: '2026-01-02T09:30:00.000Z',
} as const;

export const SAMPLE_ADMIN_ID = '01980d2e-5a41-7d20-8a1b-9c8d7e6f5a4b';
export const SAMPLE_SESSION_ID = '01980d2f-10c2-7b44-8d5a-6f1e2a3b4c5d';

export const SAMPLE_MAIL_REPORT = {
  deliveryId: '6e73bb0a-007d-5cbd-a2dc-baf2ea772706',
  mail: 'welcome',
  cause: {
    subject: '01980d2e-6c1f-7a44-9d35-2f7b0c9e4a10',
    eventId: '01980d2e-6c20-7b02-8a44-91e7d5c3b2a1',
  },
  person: { recipient: 'd1ef5ee7c7a8dc6aff9ae4a4aa7b8e4b' },
} as const;
