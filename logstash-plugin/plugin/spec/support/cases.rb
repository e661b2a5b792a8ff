# encoding: utf-8
# frozen_string_literal: true

require 'json'

# What the TypeScript side wrote into a folder: a registry, and cases.json with datagrams and what the relay makes of them.
module Cases
  module_function

  # Returns cases by name: datagrams as binary Strings, records as Hashes, or nil where they are not compared.
  def read_cases(folder)
    JSON.parse(File.read(File.join(folder, 'cases.json'), encoding: 'UTF-8')).map do |name, told|
      [name, { datagrams: told.fetch('datagrams').map { |text| text.unpack1('m0') }, records: told.fetch('records') }]
    end.to_h
  end

  # Returns the events that a codec makes of datagrams.
  def decoded(codec, datagrams)
    events = []
    datagrams.each { |bytes| codec.decode(bytes) { |event| events << event } }
    events
  end

  # What an event holds, with the time where GELF has it.
  def plain(event)
    seconds = event.timestamp.to_f
    event.to_hash.reject { |name, _| name.start_with?('@') }.merge('timestamp' => seconds)
  end
end
