export { toCloudEvent } from './cloud-event.ts';
export { isSameLog, placeInPartition, readCursor, writeCursor } from './cursor.ts';
export { createFeed, type Feed, type FeedQuery, type FeedReader, type SelectGenuine } from './feed.ts';
export { receiptRoutes } from './receipts.ts';
export { feedRoutes } from './routes.ts';
