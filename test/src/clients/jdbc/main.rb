# encoding: utf-8
# frozen_string_literal: true

# JDBC drivers, as programs use them:  main.rb JARS MYSQL_PORT POSTGRES_PORT USER PASSWORD [SESSION...]
# The drivers work side by side, each through one session after the other, all or those that are named. Prints what each session did and was told, a
# line of JSON for each exchange that this makes on the wire.
require 'java'

jars, mysql_port, postgres_port, user, password, *wanted = ARGV
Dir["#{jars}/*.jar"].sort.each { |jar| require jar }
require_relative 'session'
require_relative 'mysql'
require_relative 'postgres'

$stdout.sync = true
Thread.report_on_exception = true

scripts = %w[mariadb mysql].map { |kind| MysqlScripts.new(kind, mysql_port, user, password) }
scripts << PostgresScripts.new(postgres_port, user, password)
runs = scripts.map { |script| script.sessions.select { |name, _| wanted.empty? || wanted.include?(name) } }
runs.map { |sessions| Thread.new { sessions.each_value(&:call) } }.each(&:join)
