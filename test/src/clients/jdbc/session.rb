# encoding: utf-8
# frozen_string_literal: true

require 'json'

# A connection of a JDBC driver, under a name that the wire shows as the application's.
class Session
  LINES = Mutex.new

  class << self
    # Opens one that is to be refused, and says how.
    def refused(app, command, *login)
      new(app, *login).close
      raise "#{app} was let in"
    rescue java.sql.SQLException => error
      say(app, { sql: command }.merge(failure(error)))
    end

    # One line for each exchange.
    def say(app, said)
      line = JSON.generate({ app: app }.merge(said))
      LINES.synchronize { puts line }
    end

    # Returns the server's words, without the driver's.
    def failure(error)
      report = [error, error.next_exception].compact.map { |one| report_of(one) }.compact.first
      return { state: report.sql_state, message: report.message } if report
      { code: error.error_code, state: error.sql_state, message: error.message.sub(/\A\(conn=\d+\) /, '') }
    end

    private

    def report_of(error)
      error.server_error_message if error.respond_to?(:server_error_message)
    end
  end

  attr_reader :jdbc

  def initialize(app, driver, url, options)
    @app = app
    properties = java.util.Properties.new
    options.each { |name, value| properties.set_property(name.to_s, value.to_s) }
    @jdbc = driver.connect(url, properties)
  end

  def say(sql, said = {})
    Session.say(@app, { sql: sql }.merge(said))
  end

  # Does something, and says how it ended. The block returns rows, returned or affected.
  def tell(sql, said = {})
    say(sql, said.merge(rows: yield))
  rescue java.sql.SQLException => error
    say(sql, said.merge(Session.failure(error)))
  end

  # A statement without parameters.
  def run(sql, said = {})
    statement = @jdbc.create_statement
    tell(sql, said) do
      statement.execute(sql)
      counts(statement).sum
    end
    statement.close
  end

  # Reads all results of a statement. Returns the rows of each.
  def counts(statement)
    counts = []
    loop do
      result = statement.result_set
      count = result ? read(result) : statement.update_count
      return counts if count == -1
      counts << count
      statement.more_results
    end
  end

  # Returns the number of rows.
  def read(result)
    rows = 0
    rows += 1 while result.next
    rows
  end

  # Reads a result that comes in parts, and says so of each.
  def fetch(sql, result, sizes, said = {})
    sizes.each do |size|
      rows = 0
      rows += 1 while rows < size && result.next
      say(sql, said.merge(rows: rows))
    end
    raise "#{sql}: there are more rows" if result.next
    result.close
  end

  # Binds integers, other objects, or pairs of a setter and a value; a Proc returns the value.
  def bind(prepared, values)
    values.each.with_index(1) do |value, place|
      setter, object = value.is_a?(Array) ? value : [value.is_a?(Integer) ? :set_int : :set_object, value]
      prepared.send(setter, place, object.is_a?(Proc) ? object.call : object)
    end
    prepared
  end

  # Executes a batch of a prepared statement. Returns rows affected, of each of its rows, and how it failed.
  def batch(prepared, rows)
    rows.each { |values| bind(prepared, values).add_batch }
    [prepared.execute_batch.to_a, nil]
  rescue java.sql.BatchUpdateException => error
    [error.update_counts.to_a, Session.failure(error)]
  end

  def close
    @jdbc.close
  end
end
