# encoding: utf-8
# frozen_string_literal: true

# Oracle's driver, with the scripted server:  oracle.rb JARS PORT
# Prints what it was told of each statement, one line of JSON.
require 'java'

jars, port = ARGV
Dir["#{jars}/*.jar"].sort.each { |jar| require jar }
require_relative 'session'
$stdout.sync = true

DRIVER = Java::OracleJdbc::OracleDriver.new
# Errors end in a line for people, with a link.
words = ->(error) { { code: error.error_code, message: error.message[/\AORA-\d+: [^\n]*/] } }
Session.define_singleton_method(:failure) { |error| words.call(error) }

login = { user: 'clerk', password: 'a secret', 'v$session.program': 'till' }
url = "jdbc:oracle:thin:@//127.0.0.1:#{port}"

# Of these statements each has one result; this driver asks the server again when it is asked for more.
class OneResult < Session
  def counts(statement)
    [(result = statement.result_set) ? read(result) : [statement.update_count, 0].max]
  end
end

s = OneResult.new('jdbc', DRIVER, "#{url}/shop", login)

['select rows 3 from goods', "insert into goods values ('blå', 1)", 'begin close_day; end;', 'select rows 0 from goods'].each do |sql|
  s.run(sql)
end
['select fail 942 from nothing', 'update goods set price = 1 where break 20001'].each { |sql| s.run(sql) }

# Its first letter has the number of its bytes, which other drivers write before a text; longer ones than a byte, a packet
# and what is kept can hold.
['select rows 1'.ljust('s'.ord), 'select rows 1'.ljust(252), 'select rows 1'.ljust(253), "select rows 2 /*#{' long' * 2000} */"].each do |sql|
  sql = "#{sql[0..-2]}." unless sql.end_with?('/')
  s.run(sql)
end

statement = s.jdbc.create_statement
s.fetch('select rows 25 from goods', statement.execute_query('select rows 25 from goods'), [10, 10, 5])
statement.close

# Parsed once.
prepared = s.jdbc.prepare_statement('select rows 2 from goods where id = ? and name = ?')
wire = 'select rows 2 from goods where id = :1 and name = :2 '
3.times do |id|
  s.bind(prepared, [id, 'zwölf'])
  s.tell(wire, params: [id.to_s, 'zwölf']) { s.read(prepared.execute_query) }
end
prepared.close

prepared = s.jdbc.prepare_statement('insert into kinds values (?, ?, ?, ?, ?, ?, ?, ?)')
s.bind(prepared, [[:set_timestamp, java.sql.Timestamp.value_of('2026-11-24 08:30:01.25')],
                  [:set_date, java.sql.Date.value_of('2026-11-24')],
                  [:set_bytes, [0, 1, 255].pack('C*').to_java_bytes], [:set_null, java.sql.Types::INTEGER],
                  java.math.BigDecimal.new('-12.50'), [:set_long, 10**12], [:set_string, 'x' * 300], [:set_nstring, 'Łódź']])
s.tell('insert into kinds values (:1 , :2 , :3 , :4 , :5 , :6 , :7 , :8 )',
       params: ['2026-11-24 08:30:01.25', '2026-11-24 00:00:00', '0x0001ff', 'NULL', '-12.5', '1000000000000', 'x' * 300,
                'Łódź']) { prepared.execute_update }
prepared.close

prepared = s.jdbc.prepare_statement('insert into goods values (?, ?)')
rows = [[1, 'one'], [2, 'two'], [3, 'three']]
counts, = s.batch(prepared, rows)
s.say('insert into goods values (:1 , :2 )', params: rows.flatten.map(&:to_s), rows: counts.sum)
prepared.close

prepared = s.jdbc.prepare_statement('update clerks set password = ? where name = ?')
s.bind(prepared, ['a secret', 'bob'])
s.tell('update clerks set password = :1 where name = :2 ', params: ['[redacted]', 'bob']) { prepared.execute_update }
prepared.close

s.jdbc.auto_commit = false
s.run('delete from goods')
s.jdbc.commit
s.say('COMMIT', rows: 0)
s.run('delete from goods')
s.jdbc.rollback
s.say('ROLLBACK', rows: 0)
s.close

Session.refused('jdbc', nil, DRIVER, "#{url}/nowhere", login)
Session.refused('jdbc', nil, DRIVER, "#{url}/shop", login.merge(user: 'nobody'))
Session.refused('jdbc', nil, DRIVER, "#{url}/shop", login.merge(password: 'a guess'))
