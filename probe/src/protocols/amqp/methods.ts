// Methods of AMQP 0-9-1 by class and number, with RabbitMQ's extensions. Source: amqp0-9-1.xml, amqp-rabbitmq-0.9.1.json.

/** Who sends a method: the client, the server, or both. */
type Sender = 'C' | 'S' | 'B';

export interface Method {
  /** Class number << 16 | method number. */
  readonly id: number;
  /** `queue.declare` */
  readonly name: string;
  readonly sender: Sender;
  /** Its arguments, as far as they are read, one letter each: see {@link readArguments}. */
  readonly layout: string;
  /** Bit that says that no answer is wanted; 0 where there is none. */
  readonly noWait: number;
  /** Names of the methods that answer it; empty when it is asynchronous. */
  readonly answers: readonly string[];
  /** A content header and body follow. */
  readonly hasContent: boolean;
}

// class, method, name, sender, layout, no-wait bit
const TABLE = `
10 10 connection.start S - 0
10 11 connection.start-ok C u 0
10 20 connection.secure S - 0
10 21 connection.secure-ok C - 0
10 30 connection.tune S - 0
10 31 connection.tune-ok C - 0
10 40 connection.open C h 0
10 41 connection.open-ok S - 0
10 50 connection.close B Erm 0
10 51 connection.close-ok B - 0
10 60 connection.blocked S r 0
10 61 connection.unblocked S - 0
10 70 connection.update-secret C - 0
10 71 connection.update-secret-ok S - 0
20 10 channel.open C - 0
20 11 channel.open-ok S - 0
20 20 channel.flow B - 0
20 21 channel.flow-ok B - 0
20 40 channel.close B Erm 0
20 41 channel.close-ok B - 0
30 10 access.request C - 0
30 11 access.request-ok S - 0
40 10 exchange.declare C txsb 16
40 11 exchange.declare-ok S - 0
40 20 exchange.delete C txb 2
40 21 exchange.delete-ok S - 0
40 30 exchange.bind C txskb 1
40 31 exchange.bind-ok S - 0
40 40 exchange.unbind C txskb 1
40 51 exchange.unbind-ok S - 0
50 10 queue.declare C tqb 16
50 11 queue.declare-ok S qn 0
50 20 queue.bind C tqxkb 1
50 21 queue.bind-ok S - 0
50 30 queue.purge C tqb 1
50 31 queue.purge-ok S n 0
50 40 queue.delete C tqb 4
50 41 queue.delete-ok S n 0
50 50 queue.unbind C tqxk 0
50 51 queue.unbind-ok S - 0
60 10 basic.qos C - 0
60 11 basic.qos-ok S - 0
60 20 basic.consume C tqcb 8
60 21 basic.consume-ok S c 0
60 30 basic.cancel B cb 1
60 31 basic.cancel-ok B c 0
60 40 basic.publish C txk 0
60 50 basic.return S Erxk 0
60 60 basic.deliver S cdbxk 0
60 70 basic.get C tq 0
60 71 basic.get-ok S dbxk 0
60 72 basic.get-empty S - 0
60 80 basic.ack B db 0
60 90 basic.reject C - 0
60 100 basic.recover-async C - 0
60 110 basic.recover C - 0
60 111 basic.recover-ok S - 0
60 120 basic.nack B db 0
85 10 confirm.select C b 1
85 11 confirm.select-ok S - 0
90 10 tx.select C - 0
90 11 tx.select-ok S - 0
90 20 tx.commit C - 0
90 21 tx.commit-ok S - 0
90 30 tx.rollback C - 0
90 31 tx.rollback-ok S - 0`;
const CONTENT = new Set(['basic.publish', 'basic.return', 'basic.deliver', 'basic.get-ok']);

const rows = TABLE.trim()
  .split('\n')
  .map(line => line.split(' '));
const names = new Set(rows.map(([, , name]) => name));

function answersOf(name: string): string[] {
  if (name === 'basic.get') return ['basic.get-ok', 'basic.get-empty'];
  return names.has(`${name}-ok`) ? [`${name}-ok`] : [];
}

export const METHODS: ReadonlyMap<number, Method> = new Map(
  rows.map(([classId, methodId, name = '', sender, layout = '', noWait]): [number, Method] => {
    const id = (Number(classId) << 16) | Number(methodId);
    const answers = answersOf(name);
    const hasContent = CONTENT.has(name);
    return [id, { id, name, sender: sender as Sender, layout, noWait: Number(noWait), answers, hasContent }];
  }),
);

/** @returns whether `direction` may send it */
export const maySend = ({ sender }: Method, direction: 0 | 1): boolean => sender !== (direction === 0 ? 'S' : 'C');
