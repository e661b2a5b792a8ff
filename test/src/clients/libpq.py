"""libpq, as C programs use it:  libpq.py CONNINFO [describe]
Runs what psql and Node's pg do not: pipelines, binary parameters of known types, a fast-path call, COPY through the
extended protocol, cancelling. Prints what libpq reports of each, one line of JSON."""
import ctypes, json, struct, sys, time, uuid
from ctypes import byref, c_char_p, c_int, c_uint, c_void_p

pq = ctypes.CDLL('libpq.so.5')
pointers = 'PQconnectdb PQexec PQexecParams PQgetResult PQprepare PQdescribePrepared PQfn PQgetCancel PQexecPrepared'
for name in pointers.split():
    getattr(pq, name).restype = c_void_p
for name in 'PQcmdStatus PQcmdTuples PQresultErrorField PQerrorMessage PQgetvalue'.split():
    getattr(pq, name).restype = c_char_p

COPY_IN, FATAL, PIPELINE_SYNC, PIPELINE_ABORTED = 4, 7, 10, 11
SQLSTATE, PRIMARY = ord('C'), ord('M')


def connect():
    conn = c_void_p(pq.PQconnectdb(sys.argv[1].encode()))
    if pq.PQstatus(conn) != 0:
        sys.exit(pq.PQerrorMessage(conn).decode())
    return conn


conn = connect()


def told(sql, result):
    """Prints what the client knows of a statement's result."""
    status = pq.PQresultStatus(c_void_p(result))
    line = {'sql': sql}
    if status == PIPELINE_ABORTED:
        line['skipped'] = True
    elif status == FATAL:
        field = lambda code: pq.PQresultErrorField(c_void_p(result), code).decode()
        line |= {'state': field(SQLSTATE), 'error': field(PRIMARY)}
    else:
        rows = pq.PQcmdTuples(c_void_p(result)).decode()
        line |= {'tag': pq.PQcmdStatus(c_void_p(result)).decode()} | ({'rows': int(rows)} if rows else {})
        if pq.PQntuples(c_void_p(result)) == 1:
            columns = range(pq.PQnfields(c_void_p(result)))
            line['values'] = [pq.PQgetvalue(c_void_p(result), 0, column).decode() for column in columns]
    print(json.dumps(line), flush=True)
    pq.PQclear(c_void_p(result))


def arguments(values):
    """(type, bytes) is binary, None is NULL, text is text of a type that the server finds out."""
    n = len(values)
    types = (c_uint * n)(*[v[0] if isinstance(v, tuple) else 0 for v in values])
    data = [v[1] if isinstance(v, tuple) else v and v.encode() for v in values]
    texts = (c_char_p * n)(*data)
    lengths = (c_int * n)(*[len(v or b'') for v in data])
    formats = (c_int * n)(*[int(isinstance(v, tuple)) for v in values])
    return n, types, ctypes.cast(texts, c_void_p), lengths, formats, 0


def execute(sql, *values):
    told(sql, pq.PQexecParams(conn, sql.encode(), *arguments(values)))


def send(sql, *values):
    assert pq.PQsendQueryParams(conn, sql.encode(), *arguments(values)) == 1


def results(statements):
    """One result and a NULL for each statement, then the pipeline's Sync."""
    for sql in statements:
        told(sql, pq.PQgetResult(conn))
        assert pq.PQgetResult(conn) is None
    assert pq.PQresultStatus(c_void_p(pq.PQgetResult(conn))) == PIPELINE_SYNC


# Binary parameters, their types told with Parse.
execute('SELECT $1, $2, $3', (21, struct.pack('>h', -7)), (23, struct.pack('>i', 70000)), (20, struct.pack('>q', 2**40)))
execute('SELECT $1, $2, $3', (700, struct.pack('>f', 1.1)), (701, struct.pack('>d', -2.5e-9)), (16, b'\1'))
execute('SELECT $1, $2, $3', (700, struct.pack('>f', 1e6)), (701, struct.pack('>d', 123456789012345.5)), (16, b'\0'))
execute('SELECT $1, $2', (700, struct.pack('>f', 0.00012)), (701, struct.pack('>d', 1e15)))
execute('SELECT $1, $2', (25, 'Grüße'.encode()), (17, b'\x00\xff\x10'))
execute('SELECT $1, $2', (1114, struct.pack('>q', 760_000_000_123_456)), (1184, struct.pack('>q', -1)))
execute('SELECT $1, $2, $3', (1082, struct.pack('>i', 9000)), (1082, struct.pack('>i', -746101)), (2950, uuid.UUID(int=0xC0FFEE).bytes))
execute('SELECT $1, $2', (1114, struct.pack('>q', 2**63 - 1)), (1114, struct.pack('>q', -64_000_000_000_000_000)))
execute('SELECT $1, $2', (1700, struct.pack('>hhHHhhh', 3, 1, 0x4000, 2, 12, 3456, 7800)), (1700, struct.pack('>hhHHh', 1, -2, 0, 8, 12)))
execute('SELECT $1', (1700, struct.pack('>hhHHh', 1, 4, 0, 0, 120)))
execute('SELECT $1, $2', (114, b'{"a":1}'), (3802, b'\x01{"b": 2}'))
execute('SELECT $1', (1007, struct.pack('>iiIiiiiii', 1, 0, 23, 2, 1, 4, 5, 4, 6)))
execute('SELECT $1', (1009, struct.pack('>iiIiii4sii1s', 1, 1, 25, 3, 1, 4, b'a, b', -1, 1, b'c')))

# Binary parameters of a statement whose types the server found out, and told on Describe.
if 'describe' in sys.argv:
    pq.PQclear(c_void_p(pq.PQprepare(conn, b'half', b'SELECT $1::int / 2', 0, None)))
    pq.PQclear(c_void_p(pq.PQdescribePrepared(conn, b'half')))
    n, _, texts, lengths, formats, _ = arguments([(0, struct.pack('>i', 84))])
    told('SELECT $1::int / 2', pq.PQexecPrepared(conn, b'half', n, texts, lengths, formats, 0))

# Pipelines: one that goes well, one whose second statement fails, one whose first does not parse.
assert pq.PQenterPipelineMode(conn) == 1
for pipeline in [
    ['CREATE TEMP TABLE p (id int)', 'INSERT INTO p VALUES (1), (2), (3)', 'SELECT id FROM p WHERE id > $1', 'DELETE FROM p'],
    ['INSERT INTO p VALUES (4)', 'SELECT 1 / (count(*) - 1) FROM p', 'SELECT 7', 'SELECT 8'],
    ['SELEKT 9', 'SELECT 10'],
]:
    for sql in pipeline:
        send(sql, *(['1'] if '$1' in sql else []))
    assert pq.PQpipelineSync(conn) == 1
    results(pipeline)
assert pq.PQgetResult(conn) is None
assert pq.PQexitPipelineMode(conn) == 1

# A deferred constraint fails at the commit that Sync brings.
told('', pq.PQexec(conn, b'CREATE TEMP TABLE u (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)'))
execute('INSERT INTO u VALUES ($1), ($1)', '5')

# COPY through the extended protocol: libpq sends a Sync before the data and another one behind.
copied = c_void_p(pq.PQexecParams(conn, b'COPY p FROM STDIN', 0, None, None, None, None, 0))
assert pq.PQresultStatus(copied) == COPY_IN
for row in [b'21\n', b'22\n', b'23\n']:
    assert pq.PQputCopyData(conn, row, len(row)) == 1
assert pq.PQputCopyEnd(conn, None) == 1
told('COPY p FROM STDIN', pq.PQgetResult(conn))
assert pq.PQgetResult(conn) is None
execute('SELECT id FROM p')

# A fast-path call of int4pl (oid 177).
class Value(ctypes.Union):
    _fields_ = [('ptr', c_void_p), ('integer', c_int)]


class Argument(ctypes.Structure):
    _fields_ = [('len', c_int), ('isint', c_int), ('u', Value)]


args = (Argument * 2)(*[Argument(4, 1, Value(integer=n)) for n in (40, 2)])
answer, length = c_int(), c_int()
pq.PQclear(c_void_p(pq.PQfn(conn, 177, byref(answer), byref(length), 1, args, 2)))
assert answer.value == 42

# Cancelled.
assert pq.PQsendQuery(conn, b'SELECT pg_sleep(20)') == 1
canceller = c_void_p(pq.PQgetCancel(conn))
problem = ctypes.create_string_buffer(256)
while pq.PQisBusy(conn):
    time.sleep(0.3)
    assert pq.PQcancel(canceller, problem, 256) == 1, problem.value
    time.sleep(0.1)
    assert pq.PQconsumeInput(conn) == 1
told('SELECT pg_sleep(20)', pq.PQgetResult(conn))
assert pq.PQgetResult(conn) is None
print(json.dumps({'pid': pq.PQbackendPID(conn)}), flush=True)
pq.PQfinish(conn)

# Three pipelines under way at a time.
conn = connect()
assert pq.PQenterPipelineMode(conn) == 1
pipelines = [['SELECT 11', 'SELECT 12 WHERE false'], ['SELECT 13 / 0', 'SELECT 14'], ['SELECT 15 FROM p']]
for pipeline in pipelines:
    for sql in pipeline:
        send(sql)
    assert pq.PQpipelineSync(conn) == 1
for pipeline in pipelines:
    results(pipeline)
pq.PQfinish(conn)
