/** Values that the samples of several events share. */
export const USER_ID = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';

export const ADA = { email: 'ada@example.com', username: 'ada' } as const;

export const LINK = {
  sealed: 'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InNhbXBsZSJ9..c2FtcGxl.c2FtcGxl.c2FtcGxl',
  expiresAt: '2026-01-02T09:30:00.000Z',
} as const;
