import { notificationSent } from '../../eventing/contracts/notification.ts';
import type { Publish } from '../kit/inbox.ts';
import type { Mail } from './compose-mail.ts';

export const tellSent = async (
  publish: Publish,
  { id, userId, type, about }: Pick<Mail, 'userId' | 'type' | 'about'> & { id: string },
): Promise<void> => {
  const told = { notificationId: id, userId, type };
  await publish(notificationSent, about === userId ? told : { ...told, subject: about });
};
