/** The consumer group in which all processes of the notifier read. */
export const NOTIFIER_CONSUMER_GROUP = 'notifier';
