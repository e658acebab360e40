import * as z from 'zod';

/** The name of a topic, by Kafka's rule. */
export const topicName = z
  .string()
  .regex(/^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/, '1 to 249 of letters, digits, dot, underscore, hyphen');
