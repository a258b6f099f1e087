/** The consumer group in which all processes of the notifier read. */
export const CONSUMER_GROUP = 'notifier';
