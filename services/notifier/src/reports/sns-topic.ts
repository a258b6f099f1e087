/** Matches the ARN of an Amazon SNS topic, for example `arn:aws:sns:eu-central-1:123456789012:bounces`. */
const ARN = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]+):\d{12}:[\w-]{1,256}(?:\.fifo)?$/;

/** Returns the host of SNS in a topic's region; undefined if the text is not the ARN of a topic. */
export function findSnsHostOfTopic(topicArn: string): string | undefined {
  const [, partition, region] = ARN.exec(topicArn) ?? [];
  if (region === undefined) return undefined;
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}
