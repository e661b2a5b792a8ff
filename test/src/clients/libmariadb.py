"""MariaDB's Connector/C, as C programs use it:  libmariadb.py PORT USER PASSWORD [compress]
Runs what the mariadb client and mysql2 do not: bulk execution, a cursor, values sent ahead, an execution right behind its
preparation. Prints what it was told of each statement, one line of JSON."""
import ctypes, json, sys
from ctypes import POINTER, Structure, Union, byref, c_char, c_char_p, c_int, c_long, c_longlong, c_uint, c_ulong, c_ulonglong, c_void_p

lib = ctypes.CDLL('libmariadb.so.3')
for name in 'mysql_init mysql_real_connect mysql_stmt_init mysql_store_result'.split():
    getattr(lib, name).restype = c_void_p
for name in 'mysql_error mysql_stmt_error mysql_stmt_sqlstate mysql_sqlstate'.split():
    getattr(lib, name).restype = c_char_p
for name in 'mysql_affected_rows mysql_num_rows mysql_stmt_affected_rows mysql_stmt_num_rows'.split():
    getattr(lib, name).restype = c_ulonglong

LONG, LONGLONG, NULL, BLOB, STRING = 3, 8, 6, 252, 254
ATTR_CURSOR_TYPE, ATTR_PREFETCH_ROWS, ATTR_ARRAY_SIZE = 1, 2, 201
ATTR_PREBIND_PARAMS = 200
OPT_COMPRESS = 1
NO_DATA = 100
INDICATOR_NULL = 1


class Bind(Structure):
    """MYSQL_BIND of Connector/C 3."""
    _fields_ = [
        ('length', c_void_p), ('is_null', c_void_p), ('buffer', c_void_p), ('error', c_void_p), ('indicator', c_void_p),
        ('store_param_func', c_void_p), ('fetch_result', c_void_p), ('skip_result', c_void_p),
        ('buffer_length', c_ulong), ('offset', c_ulong), ('length_value', c_ulong), ('flags', c_uint),
        ('pack_length', c_uint), ('buffer_type', c_int), ('error_value', c_char), ('is_unsigned', c_char),
        ('long_data_used', c_char), ('is_null_value', c_char), ('extension', c_void_p),
    ]


def say(sql, error=0, rows=None, message='', state=''):
    line = {'sql': sql} | ({'error': error, 'message': message, 'state': state} if error else {'rows': rows})
    print(json.dumps(line), flush=True)


port, user, password = sys.argv[1:4]
db = c_void_p(lib.mysql_init(None))
if 'compress' in sys.argv:
    lib.mysql_options(db, OPT_COMPRESS, None)
if not lib.mysql_real_connect(db, b'127.0.0.1', user.encode(), password.encode(), b'shop', int(port), None, c_ulong(0)):
    sys.exit(lib.mysql_error(db).decode())


def query(sql):
    if lib.mysql_real_query(db, sql.encode(), c_ulong(len(sql.encode()))):
        return say(sql, lib.mysql_errno(db), message=lib.mysql_error(db).decode(), state=lib.mysql_sqlstate(db).decode())
    result = lib.mysql_store_result(db)
    say(sql, rows=lib.mysql_num_rows(c_void_p(result)) if result else lib.mysql_affected_rows(db))
    if result:
        lib.mysql_free_result(c_void_p(result))


keep = []  # what the library points to


def kept(value):
    keep.append(value)
    return ctypes.cast(byref(value), c_void_p)


def number(value):
    return Bind(buffer_type=LONG, buffer=kept(c_int(value)))


def text(value):
    data = value.encode()
    return Bind(buffer_type=STRING, buffer=kept(ctypes.create_string_buffer(data, len(data))),
                buffer_length=len(data), length=kept(c_ulong(len(data))))


def tell(stmt, sql, failed, rows=None):
    if failed:
        say(sql, lib.mysql_stmt_errno(stmt), message=lib.mysql_stmt_error(stmt).decode(),
            state=lib.mysql_stmt_sqlstate(stmt).decode())
    else:
        say(sql, rows=lib.mysql_stmt_affected_rows(stmt) if rows is None else rows)


def prepare(sql):
    stmt = c_void_p(lib.mysql_stmt_init(db))
    failed = lib.mysql_stmt_prepare(stmt, sql.encode(), c_ulong(len(sql.encode())))
    return stmt, failed


def bound(*binds):
    return (Bind * len(binds))(*binds)


query('CREATE OR REPLACE TABLE bulk (id INT PRIMARY KEY, name TEXT)')

# Many rows at once.
SQL = 'INSERT INTO bulk VALUES (?, ?)'
stmt, _ = prepare(SQL)
names = [b'one', b'two', None, b'four', b'five']
ids = (c_int * len(names))(*range(1, 6))
texts = (c_char_p * len(names))(*names)
lengths = (c_ulong * len(names))(*[len(name or b'') for name in names])
nulls = (c_char * len(names))(*[bytes([INDICATOR_NULL if name is None else 0]) for name in names])
columns = bound(Bind(buffer_type=LONG, buffer=kept(ids)),
                Bind(buffer_type=STRING, buffer=kept(texts), length=kept(lengths), indicator=kept(nulls)))
lib.mysql_stmt_attr_set(stmt, ATTR_ARRAY_SIZE, byref(c_uint(len(names))))
lib.mysql_stmt_bind_param(stmt, columns)
tell(stmt, SQL, lib.mysql_stmt_execute(stmt))
tell(stmt, SQL, lib.mysql_stmt_execute(stmt))  # the same keys again
lib.mysql_stmt_close(stmt)

# Values sent ahead, in pieces; then the statement is reset and runs with others.
SQL = 'INSERT INTO bulk VALUES (?, ?) /* long */'
stmt, _ = prepare(SQL)
lib.mysql_stmt_bind_param(stmt, bound(number(10), Bind(buffer_type=BLOB)))
for piece in (b'a long ', b'text of ', b'three pieces'):
    lib.mysql_stmt_send_long_data(stmt, 1, piece, c_ulong(len(piece)))
tell(stmt, SQL, lib.mysql_stmt_execute(stmt))
lib.mysql_stmt_reset(stmt)
lib.mysql_stmt_bind_param(stmt, bound(number(11), text('short')))
tell(stmt, SQL, lib.mysql_stmt_execute(stmt))
lib.mysql_stmt_close(stmt)

# A cursor: rows are fetched two at a time.
SQL = 'SELECT id FROM bulk WHERE id < ? ORDER BY id'
stmt, _ = prepare(SQL)
lib.mysql_stmt_attr_set(stmt, ATTR_CURSOR_TYPE, byref(c_ulong(1)))
lib.mysql_stmt_attr_set(stmt, ATTR_PREFETCH_ROWS, byref(c_ulong(2)))
lib.mysql_stmt_bind_param(stmt, bound(number(6)))
failed = lib.mysql_stmt_execute(stmt)
lib.mysql_stmt_bind_result(stmt, bound(number(0)))
rows = 0
while lib.mysql_stmt_fetch(stmt) != NO_DATA:
    rows += 1
tell(stmt, SQL, failed, rows)
lib.mysql_stmt_close(stmt)

# Sent right behind its preparation, without waiting for the answer.
for SQL in ('UPDATE bulk SET name = ? WHERE id < 4', 'UPDATE nothing SET name = ?'):
    stmt = c_void_p(lib.mysql_stmt_init(db))
    lib.mysql_stmt_attr_set(stmt, ATTR_PREBIND_PARAMS, byref(c_uint(1)))
    lib.mysql_stmt_bind_param(stmt, bound(text('at once')))
    tell(stmt, SQL, lib.mariadb_stmt_execute_direct(stmt, SQL.encode(), c_ulong(len(SQL))))
    lib.mysql_stmt_close(stmt)

lib.mysql_select_db(db, b'archive')
query('SELECT database()')
lib.mysql_reset_connection(db)
query('SELECT 1 UNION SELECT 2')
lib.mysql_close(db)
