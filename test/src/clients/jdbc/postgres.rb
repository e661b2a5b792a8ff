# encoding: utf-8
# frozen_string_literal: true

# What PostgreSQL's driver is made to do.
class PostgresScripts
  NOT_RUN = { message: 'not run: an earlier statement of the pipeline failed', answered: 0 }.freeze
  CANCELLED = { state: '57014', message: 'canceling statement due to user request' }.freeze
  COLUMNS = 'i INT, l BIGINT, d FLOAT8, f FLOAT4, n NUMERIC, s TEXT, b BYTEA, day DATE, at TIME, stamp TIMESTAMP, yes BOOL, u UUID, a INT[], z TIMESTAMPTZ'

  def initialize(port, user, password)
    @driver = org.postgresql.Driver.new
    @url = "jdbc:postgresql://127.0.0.1:#{port}/postgres"
    @login = { user: user, password: password, sslmode: 'disable' }
  end

  # The sessions by their names, in order.
  def sessions
    {
      'text' => -> { text('text') },
      'simple' => -> { text('simple', preferQueryMode: 'simple') },
      'values' => -> { values('values') },
      'named' => -> { values('named', prepareThreshold: -1) },
      'unnamed' => -> { values('unnamed', prepareThreshold: 0, binaryTransfer: false) },
      'simple values' => -> { simple_values },
      'types' => -> { types },
      'batch' => -> { batch },
      'rewritten' => -> { rewritten },
      'long batch' => -> { long_batch },
      'cursor' => -> { cursor('cursor', [10, 10, 3]) },
      'adaptive' => -> { cursor('adaptive', [10, 13], adaptiveFetch: true, maxResultBuffer: '1M') },
      'portals' => -> { portals },
      'transactions' => -> { transactions },
      'autosave' => -> { autosave },
      'call' => -> { call },
      'copy' => -> { copy },
      'notify' => -> { notify },
      'cancel' => -> { cancel },
      'objects' => -> { objects },
      'ended' => -> { ended },
      'secrets' => -> { secrets },
      'refused' => -> { refused },
      'tls' => -> { tls }
    }.transform_keys { |name| "pg #{name}" }
  end

  private

  def login(name, options = {})
    @login.merge({ ApplicationName: "pg #{name}" }, options)
  end

  def open(name, options = {})
    session = Session.new("pg #{name}", @driver, @url, login(name, options))
    session.run("SELECT 'ready'")
    session
  end

  # With PostgreSQL's marks of parameters in the place of JDBC's.
  def wire(sql)
    number = 0
    sql.gsub('?') { "$#{number += 1}" }
  end

  def execute(s, prepared, sql, values, params)
    s.bind(prepared, values)
    s.tell(wire(sql), params: params) do
      prepared.execute
      s.counts(prepared).sum
    end
  end

  # Of a text the driver makes its statements, unless the protocol is the simple one.
  def text(name, options = {})
    s = open(name, options)
    s.run('CREATE TEMP TABLE goods (id SERIAL PRIMARY KEY, name TEXT, price NUMERIC)')
    s.run("INSERT INTO goods (name, price) VALUES ('blå', 1.5), ('it''s', 2), (NULL, NULL)")
    s.run('SELECT nothing FROM goods')
    several(s, ['SELECT 1', ' SELECT 2 UNION SELECT 3', ' UPDATE goods SET price = 1'], options.any?)
    broken(s, ['SELECT 4', ' SELECT nothing FROM nowhere', ' SELECT 5'], options.any?)
    s.run("INSERT INTO goods VALUES (1, 'twice', 0)")
    statement = s.jdbc.create_statement
    s.tell("INSERT INTO goods (name) VALUES ('key'), ('keys')\nRETURNING \"id\"") do
      statement.execute_update("INSERT INTO goods (name) VALUES ('key'), ('keys')", ['id'].to_java(:string))
      s.read(statement.generated_keys)
    end
    s.close
  end

  def several(s, statements, is_simple)
    text = statements.join(';')
    return s.run(text) if is_simple
    statement = s.jdbc.create_statement
    statement.execute(text)
    statements.zip(s.counts(statement)) { |sql, rows| s.say(sql, rows: rows) }
  end

  def broken(s, statements, is_simple)
    return s.run(statements.join(';')) if is_simple
    s.say(statements[0], rows: 1)
    s.tell(statements[1]) { s.jdbc.create_statement.execute(statements.join(';')) }
    s.say(statements[2], NOT_RUN)
  end

  # The fifth execution prepares under a name, and from then on values are binary.
  def values(name, options = {})
    s = open(name, options)
    s.run("CREATE TEMP TABLE kinds (#{COLUMNS})")
    sql = "INSERT INTO kinds VALUES (#{(['?'] * 14).join(', ')})"
    prepared = s.jdbc.prepare_statement(sql)
    7.times { |i| execute(s, prepared, sql, row(s, i), told(i.to_s)) }
    execute(s, prepared, sql, [[:set_string, 'none']] + row(s, 0).drop(1), told('none'))
    sql = 'SELECT * FROM kinds WHERE i > ?'
    prepared = s.jdbc.prepare_statement(sql)
    7.times { |i| execute(s, prepared, sql, [i], [i.to_s]) }
    sql = 'SELECT 10 / ?'
    prepared = s.jdbc.prepare_statement(sql)
    7.times { |i| execute(s, prepared, sql, [i % 3], [(i % 3).to_s]) }
    s.run('ALTER TABLE kinds ADD COLUMN more INT')
    s.close
  end

  def row(s, i)
    [
      [:set_int, i], [:set_long, 1 << 40], [:set_double, 2.25], [:set_float, 0.5],
      [:set_big_decimal, java.math.BigDecimal.new('12345.678900')], [:set_string, "it's \\ ü"],
      [:set_bytes, [0, 1, 255].pack('C*').to_java_bytes], [:set_date, java.sql.Date.value_of('2026-11-24')],
      [:set_time, java.sql.Time.value_of('13:14:15')], [:set_timestamp, java.sql.Timestamp.value_of('2026-11-24 08:30:01.25')],
      [:set_boolean, true], java.util.UUID.from_string('01234567-89ab-cdef-0123-456789abcdef'),
      [:set_array, s.jdbc.create_array_of('int4', [1, nil, 3].to_java(java.lang.Integer))],
      java.time.OffsetDateTime.parse('2026-11-24T08:30:01.25Z')
    ]
  end

  def told(first)
    [first, '1099511627776', '2.25', '0.5', '12345.678900', "it's \\ ü", '\\x0001ff', '2026-11-24 +00', '13:14:15+00',
     '2026-11-24 08:30:01.25+00', 'TRUE', '01234567-89ab-cdef-0123-456789abcdef', '{1,NULL,3}', '2026-11-24 08:30:01.25+00']
  end

  # The driver writes the values into the text, as it prints the statement.
  def simple_values
    s = open('simple values', preferQueryMode: 'simple')
    s.run("CREATE TEMP TABLE kinds (#{COLUMNS})")
    prepared = s.jdbc.prepare_statement("INSERT INTO kinds VALUES (#{(['?'] * 14).join(', ')})")
    s.bind(prepared, row(s, 1))
    s.tell(prepared.to_s) { prepared.execute_update }
    s.close
  end

  # A value of another type prepares anew.
  def types
    s = open('types')
    prepared = s.jdbc.prepare_statement('SELECT ?')
    [1, 'one', nil, 2.5, 7, 'ü'].each do |value|
      6.times { execute(s, prepared, 'SELECT ?', [value], [value.nil? ? 'NULL' : value.to_s]) }
    end
    s.close
  end

  # Sent at once, answered at once; what follows a failure is not run.
  def batch
    s = open('batch')
    s.run('CREATE TEMP TABLE many (id INT PRIMARY KEY, name TEXT)')
    rows = [[1, 'one'], [2, 'zwölf'], [3, nil], [4, 'four']]
    told_batch(s, 'INSERT INTO many VALUES (?, ?)', rows)
    twice = [[5, 'five'], [2, 'twice'], [6, 'six']]
    _, failure = s.batch(s.jdbc.prepare_statement('INSERT INTO many VALUES (?, ?)'), twice)
    twice.zip([{ rows: 1 }, failure, NOT_RUN]) { |row, outcome| s.say('INSERT INTO many VALUES ($1, $2)', { params: row.map(&:to_s) }.merge(outcome)) }
    told_batch(s, 'UPDATE many SET name = ? WHERE id < ?', (0..6).map { |i| ["name #{i}", i] })
    returning(s)
    statement = s.jdbc.create_statement
    texts = (1..3).map { |i| "DELETE FROM many WHERE id = #{i}" }
    texts.each { |text| statement.add_batch(text) }
    texts.zip(statement.execute_batch.to_a) { |text, rows_of| s.say(text, rows: rows_of) }
    s.close
  end

  def told_batch(s, sql, rows)
    counts, = s.batch(s.jdbc.prepare_statement(sql), rows)
    rows.zip(counts) { |row, count| s.say(wire(sql), params: texts(row), rows: count) }
  end

  def texts(row)
    row.map { |value| value.nil? ? 'NULL' : value.to_s }
  end

  def returning(s)
    prepared = s.jdbc.prepare_statement('INSERT INTO many (id) VALUES (?)', java.sql.Statement::RETURN_GENERATED_KEYS)
    s.batch(prepared, [[21], [22], [23]])
    raise 'keys are missing' if s.read(prepared.generated_keys) != 3
    [21, 22, 23].each { |id| s.say("INSERT INTO many (id) VALUES ($1)\nRETURNING *", params: [id.to_s], rows: 1) }
  end

  # Rows of several executions become one statement of 2, 4, 8 … rows.
  def rewritten
    s = open('rewritten', reWriteBatchedInserts: true)
    s.run('CREATE TEMP TABLE many (id INT PRIMARY KEY, name TEXT)')
    rows = (1..7).map { |i| [i, "name #{i}"] }
    s.batch(s.jdbc.prepare_statement('INSERT INTO many VALUES (?, ?)'), rows)
    tuples = wire((['(?, ?)'] * 4).join(','))
    s.say("INSERT INTO many VALUES #{tuples}", params: texts(rows[0, 4].flatten), rows: 4)
    s.say('INSERT INTO many VALUES ($1, $2),($3, $4)', params: texts(rows[4, 2].flatten), rows: 2)
    s.say('INSERT INTO many VALUES ($1, $2)', params: texts(rows[6]), rows: 1)
    s.close
  end

  # So long that the driver reads answers before all is sent.
  def long_batch
    s = open('long batch')
    s.run('CREATE TEMP TABLE many (id INT PRIMARY KEY, name TEXT)')
    told_batch(s, 'INSERT INTO many VALUES (?, ?)', (1..600).map { |i| [i, "name #{i} #{'x' * (i % 200)}"] })
    told_batch(s, 'DELETE FROM many WHERE id > ? AND id < ?', (1..600).map { |i| [600 - i, 601 - i + i % 2] })
    s.close
  end

  def cursor(name, sizes, options = {})
    s = open(name, options)
    s.jdbc.auto_commit = false
    s.say('BEGIN', rows: 0)
    sql = 'SELECT i FROM generate_series(1, 25) i WHERE i > ?'
    prepared = s.jdbc.prepare_statement(sql)
    prepared.fetch_size = 10
    6.times { s.fetch(wire(sql), s.bind(prepared, [2]).execute_query, sizes, params: ['2']) }
    result = prepared.execute_query
    result.next
    s.say(wire(sql), params: ['2'], rows: 10)
    result.close
    s.tell('COMMIT') { done { s.jdbc.commit } }
    s.close
  end

  # Two portals are read by turns; a last fetch finds nothing more.
  def portals
    s = open('portals')
    s.jdbc.auto_commit = false
    s.say('BEGIN', rows: 0)
    sizes = [2, 3]
    texts = sizes.map { |size| "SELECT #{size}, i FROM generate_series(1, 6) i" }
    results = texts.zip(sizes).map do |sql, size|
      statement = s.jdbc.create_statement
      statement.fetch_size = size
      s.say(sql, rows: size)
      statement.execute_query(sql)
    end
    12.times do |i|
      at, row = [i % 2, i / 2]
      s.say(texts[at], rows: sizes[at]) if row > 0 && (row % sizes[at]).zero?
      results[at].next
    end
    results.each_with_index { |result, at| result.next ? raise('there are more rows') : s.say(texts[at], rows: 0) }
    s.tell('ROLLBACK') { done { s.jdbc.rollback } }
    s.close
  end

  # Returns no rows.
  def done
    yield
    0
  end

  def transactions
    s = open('transactions')
    s.run('CREATE TEMP TABLE t (id INT UNIQUE DEFERRABLE INITIALLY DEFERRED)')
    s.jdbc.auto_commit = false
    s.say('BEGIN', rows: 0)
    s.run('INSERT INTO t VALUES (1)')
    point = nil
    s.tell('SAVEPOINT "half_way"') { done { point = s.jdbc.set_savepoint('half_way') } }
    s.run('INSERT INTO t VALUES (2)')
    s.tell('ROLLBACK TO SAVEPOINT "half_way"') { done { s.jdbc.rollback(point) } }
    s.tell('RELEASE SAVEPOINT "half_way"') { done { s.jdbc.release_savepoint(point) } }
    s.tell('COMMIT') { done { s.jdbc.commit } }
    s.say('BEGIN', rows: 0)
    s.run('INSERT INTO t VALUES (1)')
    s.tell('COMMIT') { done { s.jdbc.commit } }
    s.say('BEGIN', rows: 0)
    s.run('SELECT nothing')
    s.run('SELECT 1')
    s.tell('ROLLBACK') { done { s.jdbc.rollback } }
    s.jdbc.read_only = true
    s.say('BEGIN READ ONLY', rows: 0)
    s.run('CREATE TABLE u (id INT)')
    s.tell('ROLLBACK') { done { s.jdbc.rollback } }
    s.jdbc.auto_commit = true
    s.tell("SET SESSION search_path TO 'pg_catalog'") { done { s.jdbc.schema = 'pg_catalog' } }
    s.close
  end

  # Each statement has a savepoint before it.
  def autosave
    s = open('autosave', autosave: 'always')
    s.jdbc.auto_commit = false
    s.say('BEGIN', rows: 0)
    s.say('SAVEPOINT PGJDBC_AUTOSAVE', rows: 0)
    s.run('SELECT nothing')
    s.say('ROLLBACK TO SAVEPOINT PGJDBC_AUTOSAVE', rows: 0)
    s.say('SAVEPOINT PGJDBC_AUTOSAVE', rows: 0)
    s.run('SELECT 1')
    s.tell('COMMIT') { done { s.jdbc.commit } }
    s.close
  end

  def call
    s = open('call')
    s.run('CREATE FUNCTION pg_temp.twice(a INT, OUT b INT, INOUT c TEXT) AS $$ BEGIN b := 2 * a; c := c || c; END $$ LANGUAGE plpgsql')
    call = s.jdbc.prepare_call('{call pg_temp.twice(?, ?, ?)}')
    call.set_int(1, 21)
    call.register_out_parameter(2, java.sql.Types::INTEGER)
    call.set_string(3, 'ab')
    call.register_out_parameter(3, java.sql.Types::VARCHAR)
    call.execute
    raise 'OUT is wrong' if [call.get_int(2), call.get_string(3)] != [42, 'abab']
    s.say('select * from pg_temp.twice($1, $2, $3) as result', params: %w[21 NULL ab], rows: 1)
    s.run('CREATE PROCEDURE pg_temp.put(a INT, INOUT b INT) AS $$ BEGIN b := a + 1; END $$ LANGUAGE plpgsql')
    call = s.jdbc.prepare_call('call pg_temp.put(?, ?)')
    s.bind(call, [21, 0])
    call.register_out_parameter(2, java.sql.Types::INTEGER)
    call.execute
    raise 'OUT is wrong' if call.get_int(2) != 22
    s.say('call pg_temp.put($1, $2)', params: %w[21 0], rows: 1)
    s.close
  end

  def copy
    s = open('copy')
    s.run('CREATE TEMP TABLE t (id INT, name TEXT)')
    copies = org.postgresql.copy.CopyManager.new(s.jdbc)
    lines = (1..500).map { |i| "#{i},line #{i}\n" }.join
    sql = 'COPY t FROM STDIN (FORMAT csv)'
    s.tell(sql) { copies.copy_in(sql, java.io.StringReader.new(lines)) }
    s.tell(sql) { copies.copy_in(sql, java.io.StringReader.new("1,one\nx,y\n")) }
    copy = copies.copy_in(sql)
    copy.write_to_copy(lines.to_java_bytes, 0, 100)
    copy.cancel_copy
    s.say(sql, state: '57014', message: 'COPY from stdin failed: Copy cancel requested')
    sql = 'COPY t TO STDOUT (FORMAT binary)'
    s.tell(sql) { copies.copy_out(sql, java.io.ByteArrayOutputStream.new) }
    sql = 'COPY nowhere TO STDOUT'
    s.tell(sql) { copies.copy_out(sql, java.io.ByteArrayOutputStream.new) }
    s.close
  end

  def notify
    s = open('notify')
    s.run('LISTEN news')
    other = open('notifier')
    other.run("NOTIFY news, 'paper'")
    s.jdbc.get_notifications(10_000).each { |one| s.say('NotificationResponse', notified: [one.name, one.parameter]) }
    statement = s.jdbc.create_statement
    sql = "DO $$ BEGIN RAISE WARNING 'half way'; RAISE NOTICE 'done'; END $$"
    statement.execute(sql)
    warnings = [statement.warnings, statement.warnings.next_warning].map { |one| one.server_error_message }
    s.say(sql, rows: 0, notices: warnings.map { |one| "#{one.severity}: #{one.message}" })
    other.close
    s.close
  end

  def cancel
    s = open('cancel')
    [['SELECT pg_sleep(20)', ->(statement) { Thread.new { sleep(0.5) && statement.cancel } }],
     ['SELECT pg_sleep(21)', ->(statement) { statement.query_timeout = 1 }]].each do |sql, limit|
      statement = s.jdbc.create_statement
      limit.call(statement)
      s.tell(sql) { s.read(statement.execute_query(sql)) }
      Session.say('pg CancelRequest', pid: s.jdbc.backend_pid)
    end
    s.run('SELECT 1')
    s.close
  end

  # Large objects are read by function calls.
  def objects
    s = open('objects')
    s.jdbc.auto_commit = false
    api = s.jdbc.large_object_api
    object = api.open(api.create_lo)
    object.write('some bytes'.to_java_bytes)
    object.seek(0)
    raise 'the object is not whole' if object.read(100).length != 10
    object.close
    s.jdbc.rollback
    s.close
  end

  # An administrator ends the session.
  def ended
    s = open('ended')
    other = open('ender')
    other.run("SELECT pg_terminate_backend(#{s.jdbc.backend_pid}, 10000)")
    other.close
    begin
      s.jdbc.create_statement.execute('SELECT 1')
    rescue java.sql.SQLException => error
      s.say(nil, Session.failure(error))
      s.say('SELECT 1', rows: 0, answered: 0)
    end
  end

  # Statements that hold secrets, in every way that they can be sent.
  def secrets
    [{}, { preferQueryMode: 'simple' }, { prepareThreshold: -1 }, { reWriteBatchedInserts: true }].each do |options|
      s = Session.new('pg secrets', @driver, @url, login('secrets', options))
      s.jdbc.create_statement.execute('CREATE TEMP TABLE users (id INT, name TEXT, password TEXT)')
      s.batch(s.jdbc.prepare_statement('INSERT INTO users (id, name, password) VALUES (?, ?, ?)'), (1..7).map { |id| [id, "name #{id}", 'opensesame'] })
      s.bind(s.jdbc.prepare_statement('UPDATE users SET password = ? WHERE id = ?'), ['opensesame', 1]).execute
      s.close
    end
  end

  def refused
    Session.refused('pg refused', 'StartupMessage', @driver, @url, login('refused', password: 'opensesame'))
  end

  # Refused as long as the server has no TLS, then accepted.
  def tls
    s = open('in clear', sslmode: 'prefer')
    begin
      open('tls', sslmode: 'require')
      raise 'there was TLS already'
    rescue java.sql.SQLException
      s.run('ALTER SYSTEM SET ssl = on')
    end
    s.run('SELECT pg_reload_conf()')
    s.close
    encrypted = encrypted_session
    result = encrypted.jdbc.create_statement.execute_query('SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
    result.next
    Session.say('pg tls', cipher: result.get_string(1))
    encrypted.close
  end

  # The server reads its configuration a little later.
  def encrypted_session
    Session.new('pg tls', @driver, @url, login('tls', sslmode: 'require'))
  rescue java.sql.SQLException
    sleep 0.1
    retry
  end
end
