# encoding: utf-8
# frozen_string_literal: true

# Microsoft's driver, with the scripted server:  sqlserver.rb JARS PORT
# Prints what it was told of each statement, one line of JSON.
require 'java'

jars, port = ARGV
Dir["#{jars}/*.jar"].sort.each { |jar| require jar }
require_relative 'session'
$stdout.sync = true

login = { user: 'clerk', password: 'a secret', databaseName: 'shop', applicationName: 'jdbc', encrypt: 'false' }
s = Session.new('jdbc', com.microsoft.sqlserver.jdbc.SQLServerDriver.new, "jdbc:sqlserver://127.0.0.1:#{port}", login)

['select rows 3', "insert into goods values (N'blå', 1)", 'select both 2 5', 'use archive'].each { |sql| s.run(sql) }
s.tell('fail 208') { s.jdbc.create_statement.execute('fail 208') }

# Executed at once, prepared by the second execution, then run by its handle.
sql = 'select rows 2 where id = ? and name = ?'
wire = 'select rows 2 where id = @P0 and name = @P1'
prepared = s.jdbc.prepare_statement(sql)
4.times do |id|
  s.bind(prepared, [id, 'zwölf'])
  s.tell(wire, params: [id.to_s, 'zwölf']) { s.read(prepared.execute_query) }
end
prepared.close

prepared = s.jdbc.prepare_statement('insert into goods values (?, ?)')
rows = (1..3).map { |id| [id, java.math.BigDecimal.new('12.50')] }
counts, = s.batch(prepared, rows)
rows.zip(counts) { |row, count| s.say('insert into goods values (@P0, @P1)', params: row.map(&:to_s), rows: count) }

prepared = s.jdbc.prepare_statement('select rows 1 where at > ? and b = ? and n = ? and f = ? and yes = ?')
s.bind(prepared, [[:set_timestamp, java.sql.Timestamp.value_of('2026-11-24 08:30:01.25')],
                  [:set_bytes, [0, 1, 255].pack('C*').to_java_bytes], [:set_null, java.sql.Types::INTEGER], 2.25, true])
s.tell('select rows 1 where at > @P0 and b = @P1 and n = @P2 and f = @P3 and yes = @P4',
       params: ['2026-11-24 08:30:01.2500000', '0x0001ff', 'NULL', '2.25', '1']) { s.read(prepared.execute_query) }

s.jdbc.auto_commit = false
s.say('set implicit_transactions on ', rows: 0)
s.run('insert into goods values (2)')
s.jdbc.commit
s.say('IF @@TRANCOUNT > 0 COMMIT TRAN', rows: 0)
s.close
