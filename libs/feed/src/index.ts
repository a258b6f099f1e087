export { toCloudEvent } from './cloud-event.ts';
export { decodeFeedCursor, encodeFeedCursor, findPartitionPosition, isCursorOfLog } from './cursor.ts';
export { createFeed, type Feed, type FeedReader, type SelectGenuineRecords } from './feed.ts';
export type { FeedQuery } from './feed-page.ts';
export { createReceiptRoutes } from './receipts.ts';
export { createFeedRoutes } from './routes.ts';
export { feedTexts } from './texts.ts';
