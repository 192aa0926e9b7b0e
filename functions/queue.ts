/** The sending side of a cluster's queue. At least once, in no order: SQS's promises and no more. */
export interface SendQueue {
  /** Resolves when the queue has the message durably. `group` is for fairness (SQS MessageGroupId): the repository. */
  send(cluster: string, body: string, group: string): Promise<void>
}
