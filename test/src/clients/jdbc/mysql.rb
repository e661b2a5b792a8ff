# encoding: utf-8
# frozen_string_literal: true

require_relative 'mysql_values'

# What MariaDB's driver and MySQL's are made to do. Each works in a database of its own.
class MysqlScripts
  INTERRUPTED = { code: 1317, state: '70100', message: 'Query execution was interrupted' }.freeze
  SINGLY = { useBulkStmts: false, useBulkStmtsForInserts: false, disablePipeline: false }.freeze

  # kind: `mariadb` or `mysql`
  def initialize(kind, port, user, password)
    @kind = kind
    @is_mariadb = kind == 'mariadb'
    @driver = @is_mariadb ? org.mariadb.jdbc.Driver.new : com.mysql.cj.jdbc.Driver.new
    @url = "jdbc:#{kind}://127.0.0.1:#{port}/#{@is_mariadb ? 'shop' : 'archive'}"
    @login = { user: user, password: password, sslMode: @is_mariadb ? 'disable' : 'DISABLED' }
  end

  # The sessions by their names, in order.
  def sessions
    only = @is_mariadb ? { 'bulk' => -> { bulk } } : { 'rewritten' => -> { rewritten }, 'users' => -> { users } }
    {
      'text' => -> { text },
      'client values' => -> { values('client values', false) },
      'server values' => -> { values('server values', true) },
      'compressed' => -> { values('compressed', true, useCompression: true) },
      'batch' => -> { batches('batch', false) },
      'server batch' => -> { batches('server batch', true) },
      'cursor' => -> { cursor },
      'call' => -> { call },
      'transactions' => -> { transactions },
      'infile' => -> { infile },
      'cancel' => -> { cancel },
      'secrets' => -> { secrets },
      'refused' => -> { refused },
      'tls' => -> { tls }
    }.merge(only).transform_keys { |name| "#{@kind} #{name}" }
  end

  private

  def attributes(name)
    { connectionAttributes: "program_name:#{@kind} #{name}" }
  end

  def open(name, options = {})
    session = Session.new("#{@kind} #{name}", @driver, @url, @login.merge(attributes(name), options))
    session.run("SELECT 'ready'")
    session
  end

  def text
    s = open('text', allowMultiQueries: true)
    s.run('CREATE TABLE goods (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50), price DECIMAL(8,2))')
    s.run("INSERT INTO goods (name, price) VALUES ('blå', 1.5), ('it''s', 2), (NULL, NULL)")
    s.run('SELECT * FROM goods')
    s.run('SELECT nothing FROM goods')
    s.run('SELECT 1; SELECT 2 UNION SELECT 3; UPDATE goods SET price = 1', results: 3)
    s.run('SELECT 4; SELECT nothing FROM nowhere; SELECT 5')
    s.run('CREATE PROCEDURE several() BEGIN SELECT id FROM goods; SELECT 1; END')
    s.run('CALL several()', results: 3)
    s.run("INSERT INTO goods VALUES (1, 'twice', 0)")
    sql = "INSERT INTO goods (name) VALUES ('key'), ('keys')"
    statement = s.jdbc.create_statement
    s.tell(sql) { statement.execute_update(sql, java.sql.Statement::RETURN_GENERATED_KEYS) }
    raise 'keys are missing' if s.read(statement.generated_keys).zero?
    s.close
  end

  def values(name, is_server, options = {})
    s = open(name, options.merge(useServerPrepStmts: is_server))
    table = name.tr(' ', '_')
    s.run("CREATE TABLE #{table} (#{MysqlValues::COLUMNS})")
    sql = "INSERT INTO #{table} VALUES (#{(['?'] * MysqlValues::ALL.length).join(', ')})"
    prepared = s.jdbc.prepare_statement(sql)
    [MysqlValues::ALL, MysqlValues::NONE, MysqlValues::ALL].each do |values|
      s.bind(prepared, values.map { |value| value[:bound] })
      texts = values.map { |value| value[@kind.to_sym] || value[:text] }
      said = is_server ? { params: values.map { |value| value[:param] } } : {}
      s.tell(is_server ? sql : sql.gsub('?') { texts.shift }, said) { prepared.execute_update }
    end
    prepared.close
    failing(s, table, is_server)
    s.close
  end

  # The server refuses to prepare it; the driver tries again with a text.
  def failing(s, table, is_server)
    sql = "SELECT nothing FROM #{table} WHERE i = ?"
    refused = { code: 1054, state: '42S22', message: "Unknown column 'nothing' in 'SELECT'" }
    s.say(sql, refused) if is_server
    # MariaDB's driver sends the execution right behind the preparation.
    s.say(sql, code: 1243, state: 'HY000', message: "#{UNKNOWN} mysqld_stmt_execute") if is_server && @is_mariadb
    s.tell(sql.sub('?', '7')) { s.read(s.bind(s.jdbc.prepare_statement(sql), [7]).execute_query) }
  end
  UNKNOWN = 'Unknown prepared statement handler (4294967295) given to'

  # Rows that are sent one by one; MariaDB's driver does not wait for the answers.
  def batches(name, is_server)
    s = open(name, SINGLY.merge(useServerPrepStmts: is_server))
    table = "many_#{name.tr(' ', '_')}"
    s.run("CREATE TABLE #{table} (id INT PRIMARY KEY, name TEXT)")
    prepared_batch(s, "INSERT INTO #{table} VALUES (?, ?)", [[1, 'one'], [2, 'zwölf'], [3, nil], [2, 'twice'], [4, 'four']], is_server, 3)
    prepared_batch(s, "UPDATE #{table} SET name = ? WHERE id < ?", (0..5).map { |i| ["name #{i}", i] }, is_server)
    prepared_batch(s, "DELETE FROM #{table} WHERE name = ? OR id = ?", (0...300).map { |i| ["none #{i}", 9 + i] }, is_server)
    texts = [[table, 1], [table, 2], ['nowhere', 3], [table, 4]].map { |into, id| "UPDATE #{into} SET name = 'x' WHERE id > #{id}" }
    statement = s.jdbc.create_statement
    texts.each { |text| statement.add_batch(text) }
    counts, failure = executed(statement)
    texts.zip(counts) { |text, count| s.say(text, count < 0 ? failure : { rows: count }) }
    s.close
  end

  def executed(statement)
    [statement.execute_batch.to_a, nil]
  rescue java.sql.BatchUpdateException => error
    [error.update_counts.to_a, Session.failure(error)]
  end

  # MariaDB's driver says that all have failed when one has (`failed`).
  def prepared_batch(s, sql, rows, is_server, failed = nil)
    counts, failure = s.batch(s.jdbc.prepare_statement(sql), rows)
    counts = rows.each_index.map { |place| place == failed ? -1 : 1 } if failure
    rows.zip(counts) do |row, count|
      outcome = count < 0 ? failure : { rows: count }
      if is_server
        s.say(sql, { params: texts(row) }.merge(outcome))
      else
        literals = row.map { |value| literal(value) }
        s.say(sql.gsub('?') { literals.shift }, outcome)
      end
    end
  end

  def texts(row)
    row.map { |value| value.nil? ? 'NULL' : value.to_s }
  end

  def literal(value)
    return 'null' if value.nil?
    value.is_a?(String) ? "'#{value}'" : value.to_s
  end

  # COM_STMT_BULK_EXECUTE.
  def bulk
    s = open('bulk', useBulkStmts: true)
    s.run('CREATE TABLE many_bulk (id INT PRIMARY KEY, name TEXT)')
    [['INSERT INTO many_bulk VALUES (?, ?)', [[1, 'one'], [2, 'two'], [3, nil], [4, 'four']], 4],
     ['INSERT INTO many_bulk VALUES (?, ?)', [[5, 'five'], [1, 'twice']], nil],
     ['UPDATE many_bulk SET name = concat(name, ?) WHERE id < ?', [['x', 2], ['y', 3], ['z', 9]], 7]].each do |sql, rows, count|
      _, failure = s.batch(s.jdbc.prepare_statement(sql), rows)
      s.say(sql, { params: rows.flat_map { |row| texts(row) } }.merge(failure || { rows: count }))
    end
    s.close
  end

  # Connector/J makes one statement of many rows, or of several a text.
  def rewritten
    s = open('rewritten', rewriteBatchedStatements: true)
    s.run('CREATE TABLE many_rewritten (id INT PRIMARY KEY, name TEXT)')
    prepared = s.jdbc.prepare_statement('INSERT INTO many_rewritten VALUES (?, ?)')
    [[[1, 'one'], [2, 'two'], [3, nil]], [[4, 'four'], [1, 'twice']]].each do |rows|
      tuples = rows.map { |row| "(#{row.map { |value| literal(value) }.join(', ')})" }
      _, failure = s.batch(prepared, rows)
      s.say("INSERT INTO many_rewritten VALUES #{tuples.join(',')}", failure || { rows: rows.length })
    end
    rows = (1..4).map { |id| ["name #{id}", id] }
    counts, = s.batch(s.jdbc.prepare_statement('UPDATE many_rewritten SET name = ? WHERE id < ?'), rows)
    s.say('COM_SET_OPTION', rows: 0)
    texts = rows.map { |name, id| "UPDATE many_rewritten SET name = '#{name}' WHERE id < #{id}" }
    s.say(texts.join(';'), rows: counts.sum, results: 4)
    s.say('COM_SET_OPTION', rows: 0)
    s.run('SELECT name FROM many_rewritten')
    s.close
  end

  # Connector/J fetches by COM_STMT_FETCH; MariaDB's driver reads at leisure what comes at once.
  def cursor
    s = open('cursor', useServerPrepStmts: true, useCursorFetch: true)
    sql = 'SELECT seq FROM seq_1_to_25 WHERE seq > ?'
    prepared = s.jdbc.prepare_statement(sql)
    prepared.fetch_size = 10
    [2, 5].each do |from|
      result = s.bind(prepared, [from]).execute_query
      s.say(sql, rows: @is_mariadb ? 25 - from : 0, params: [from.to_s])
      next s.read(result) if @is_mariadb
      s.fetch(sql, result, [10, 10, 5 - from], {})
    end
    s.close
  end

  def call
    s = open('call', useServerPrepStmts: true)
    s.run('CREATE PROCEDURE twice(IN a INT, OUT b INT) BEGIN SET b = 2 * a; SELECT a UNION SELECT b; END')
    call = s.jdbc.prepare_call('{call twice(?, ?)}')
    call.set_int(1, 21)
    call.register_out_parameter(2, java.sql.Types::INTEGER)
    call.execute
    raise 'rows are missing' if s.read(call.result_set) != 2
    raise 'OUT is wrong' if call.get_int(2) != 42
    return s.say('call twice(?, ?)', rows: 3, results: 3, params: %w[21 NULL]) if @is_mariadb
    s.say("SHOW PROCEDURE STATUS WHERE Db = 'archive' AND Name LIKE 'twice'", rows: 1)
    s.say('SHOW CREATE PROCEDURE `archive`.`twice`', rows: 1)
    s.say('CALL twice(21, @`com_mysql_jdbc_outparam_b`)', rows: 2, results: 2)
    s.say('SELECT @`com_mysql_jdbc_outparam_b`', rows: 1)
  end

  def transactions
    s = open('transactions')
    s.run('CREATE TABLE t (id INT) ENGINE=InnoDB')
    s.tell(@is_mariadb ? 'set autocommit=0' : 'SET autocommit=0') { done { s.jdbc.auto_commit = false } }
    s.run('INSERT INTO t VALUES (1)')
    point = nil
    s.tell('SAVEPOINT `half_way`') { done { point = s.jdbc.set_savepoint('half_way') } }
    s.run('INSERT INTO t VALUES (2)')
    s.tell('ROLLBACK TO SAVEPOINT `half_way`') { done { s.jdbc.rollback(point) } }
    s.tell('RELEASE SAVEPOINT `half_way`') { done { s.jdbc.release_savepoint(point) } }
    s.tell('COMMIT') { done { s.jdbc.commit } }
    s.run('INSERT INTO t VALUES (3)')
    s.tell('ROLLBACK') { done { s.jdbc.rollback } }
    s.run('SELECT id FROM t')
    s.tell('SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE') { done { s.jdbc.transaction_isolation = 8 } }
    s.tell(@is_mariadb ? 'COM_INIT_DB' : 'USE `mysql`') { done { s.jdbc.catalog = 'mysql' } }
    s.run('SELECT database()')
    s.close
    s.say('ROLLBACK', rows: 0) unless @is_mariadb
  end

  # Returns no rows.
  def done
    yield
    0
  end

  def infile
    s = open('infile', allowLoadLocalInfile: true, allowLocalInfile: true)
    s.run('CREATE TABLE imported (id INT, name TEXT)')
    sql = "LOAD DATA LOCAL INFILE 'stream' INTO TABLE imported FIELDS TERMINATED BY ','"
    statement = s.jdbc.create_statement
    lines = (1..5000).map { |i| "#{i},line #{i}\n" }.join
    type = @is_mariadb ? org.mariadb.jdbc.Statement : com.mysql.cj.jdbc.JdbcStatement
    statement.unwrap(type.java_class).local_infile_input_stream = java.io.ByteArrayInputStream.new(lines.to_java_bytes)
    s.tell(sql) { statement.execute_update(sql) }
    s.run('SELECT * FROM imported')
    s.close
  end

  # Both send KILL QUERY through a session of its own; of a time limit MariaDB's driver tells the server.
  def cancel
    s = open('cancel')
    cancelled(s, 'SELECT SLEEP(20)') { |statement| Thread.new { sleep(0.5) && statement.cancel } }
    s.run('SELECT 1')
    if @is_mariadb
      limited = { code: 1969, state: '70100', message: 'Query execution was interrupted (max_statement_time exceeded)' }
      cancelled(s, 'SELECT SLEEP(21)', 'SET STATEMENT max_statement_time=1 FOR ', limited) { |statement| statement.query_timeout = 1 }
    else
      cancelled(s, 'SELECT SLEEP(21)') { |statement| statement.query_timeout = 1 }
    end
    s.run('SELECT 2')
    s.close
  end

  def cancelled(s, sql, before = '', failure = INTERRUPTED)
    statement = s.jdbc.create_statement
    yield statement
    statement.execute_query(sql)
    raise "#{sql} was not cancelled"
  rescue java.sql.SQLException
    s.say(before + sql, failure)
  end

  def users
    s = open('users')
    s.tell('COM_CHANGE_USER') { done { s.jdbc.change_user(@login[:user], @login[:password]) } }
    settings(s)
    s.run('SELECT 1')
    s.tell('COM_RESET_CONNECTION') { done { s.jdbc.reset_server_state } }
    settings(s)
    s.run('SELECT 2')
    s.tell('COM_CHANGE_USER') { done { s.jdbc.change_user('nobody', 'opensesame') } }
    s.close
  end

  # What Connector/J says again in a session that has begun again.
  def settings(s)
    ['SET NAMES utf8mb4', 'SET character_set_results = NULL', 'SET autocommit=1'].each { |sql| s.say(sql, rows: 0) }
  end

  # Statements that hold secrets, in every way that they can be sent.
  def secrets
    [{}, { useServerPrepStmts: true }, { useServerPrepStmts: true, rewriteBatchedStatements: true }, { rewriteBatchedStatements: true }, SINGLY].each do |options|
      s = Session.new("#{@kind} secrets", @driver, @url, @login.merge(attributes('secrets'), options))
      s.jdbc.create_statement.execute('CREATE OR REPLACE TABLE users (id INT, name TEXT, password TEXT)')
      prepared = s.jdbc.prepare_statement('INSERT INTO users (id, name, password) VALUES (?, ?, ?)')
      s.batch(prepared, (1..4).map { |id| [id, "name #{id}", 'opensesame'] })
      s.bind(prepared, [9, 'ann', [:set_character_stream, java.io.StringReader.new('opensesame')]]).execute
      s.bind(s.jdbc.prepare_statement('UPDATE users SET password = ? WHERE id = ?'), ['opensesame', 1]).execute
      s.close
    end
  end

  def refused
    login = @login.merge(attributes('refused'), password: 'opensesame')
    Session.refused("#{@kind} refused", 'COM_CONNECT', @driver, @url, login)
  end

  def tls
    mode = @is_mariadb ? 'trust' : 'REQUIRED'
    s = Session.new("#{@kind} tls", @driver, @url, @login.merge(sslMode: mode))
    result = s.jdbc.create_statement.execute_query("SHOW STATUS LIKE 'Ssl_cipher'")
    result.next
    Session.say("#{@kind} tls", cipher: result.get_string(2))
    s.close
  end
end
