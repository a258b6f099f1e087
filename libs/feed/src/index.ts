export { toCloudEvent } from './cloud-event.ts';
export { decodeFeedCursor, encodeFeedCursor, findPartitionPosition, isCursorOfLog } from './cursor.ts';
export { createFeed, type Feed, type FeedReader, type SelectGenuineRecords } from './feed.ts';
export type { FeedQuery } from './feed-page.ts';
export { receiptRoutes } from './receipts.ts';
export { feedRoutes } from './routes.ts';
export { feedTexts } from './texts.ts';
