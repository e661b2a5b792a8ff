# pika at work, and what it says it did, one line of JSON for each method: [method, queue or key, text or error].
import json
import sys

import pika


def say(*what):
    print(json.dumps(what), flush=True)


connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
say("queue.declare", channel.queue_declare("jobs").method.queue, None)
for number in range(20):
    text = "job %d" % number
    channel.basic_publish("", "jobs", text, pika.BasicProperties(content_type="text/plain"))
    say("basic.publish", "jobs", text)
for _ in range(10):
    say("basic.get", "jobs", channel.basic_get("jobs", auto_ack=True)[2].decode())
say("basic.consume", "jobs", None)
for number, (method, _, body) in enumerate(channel.consume("jobs")):
    say("basic.deliver", "jobs", body.decode())
    channel.basic_ack(method.delivery_tag)
    if number == 9:
        break
channel.cancel()
say("basic.cancel", None, None)
say("basic.get", "jobs", None if channel.basic_get("jobs")[2] is None else "?")
try:
    channel.queue_declare("missing", passive=True)
except pika.exceptions.ChannelClosedByBroker as error:
    say("queue.declare", "missing", "%d %s" % (error.reply_code, error.reply_text))
    say("channel.close", None, "%d %s" % (error.reply_code, error.reply_text))

channel = connection.channel()
channel.confirm_delivery()
say("confirm.select", None, None)
channel.basic_publish("", "jobs", "confirmed")
say("basic.publish", "jobs", "confirmed")
try:
    channel.basic_publish("", "nowhere", "returned", mandatory=True)
except pika.exceptions.UnroutableError as error:
    say("basic.return", "nowhere", "312 NO_ROUTE")
    say("basic.publish", "nowhere", error.messages[0].body.decode())
say("queue.delete", "jobs", None)
channel.queue_delete("jobs")
channel.close()
say("channel.close", None, None)
connection.close()
