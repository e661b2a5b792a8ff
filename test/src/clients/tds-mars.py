"""python-tds, with several sessions on one connection (MARS):  tds-mars.py PORT
Prints what it saw of each statement, one line of JSON."""
import json, sys
import pytds

connection = pytds.connect('127.0.0.1', 'shop', 'clerk', 'a secret', port=int(sys.argv[1]), appname='till', use_mars=True, autocommit=True)


def say(sql, **what):
    print(json.dumps({'sql': sql, **what}), flush=True)


def run(cursor, sql, parameters=None):
    try:
        cursor.execute(sql, parameters)
        for place in range(len(parameters or ())):
            sql = sql.replace('%s', f'@P{place + 1}', 1)
        say(sql, rows=len(cursor.fetchall()) if cursor.description else max(cursor.rowcount, 0))
    except pytds.Error as error:
        say(sql, error=getattr(error, 'number', None) or str(error))


# Two results are read in turns, each over several packets, while a third session asks for other things.
first, second, third = [connection.cursor() for _ in range(3)]
first.execute('select rows 60')
second.execute('select rows 50 -- the second')
counts = [0, 0]
for turn in range(61):
    for place, cursor in enumerate([first, second]):
        if cursor.fetchone() is not None:
            counts[place] += 1
    if turn == 20:
        run(third, 'insert into goods values (1)')
    if turn == 40:
        run(third, 'fail 208')
    if turn == 60:
        run(third, "select rows 2 where name = %s and id = %s", ('blå', 7))
say('select rows 60', rows=counts[0])
say('select rows 50 -- the second', rows=counts[1])

# A long text, several packets of the client; sessions that end, and whose number is given again.
run(first, 'select rows 1 -- ' + 'long ' * 1000)
second.close()
fourth = connection.cursor()
run(fourth, 'select rows 4')
run(fourth, 'use archive')
run(first, 'select rows 0')
connection.close()
