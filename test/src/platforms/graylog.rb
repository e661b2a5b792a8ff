# encoding: utf-8
# frozen_string_literal: true

# Graylog's own classes, given our content pack and what we send: all that its server does but for its database and index.
# On stdin `pack FILE`, `gelf BASE64` with a datagram, or `template INDICES`. The answer to each is a line of JSON: what
# Graylog makes of the pack, of the datagram (null for a chunk whose others are still to come), its own index template for
# those indices; or {"error": why it is refused}. JARS is the only argument.
require 'java'
require 'json'
Dir[File.join(ARGV.fetch(0), '*.jar')].each { |jar| require jar }

Elements = com.google.inject.spi.Elements
Models = org.graylog2.contentpacks.model
References = Models.entities.references
StreamRuleType = org.graylog2.plugin.streams.StreamRuleType
Configuration = org.graylog2.plugin.configuration.Configuration

# JSON as Graylog reads and writes it. Which names stand for which classes, its modules say to Guice.
def make_mapper
  modules = [org.graylog.plugins.views.ViewsBindings.new, org.graylog2.contentpacks.ContentPacksModule.new]
  bound = Elements.getElements(modules).grep(com.google.inject.spi.InstanceBinding).map(&:getInstance)
  names = bound.grep(com.fasterxml.jackson.databind.jsontype.NamedType)
  loader = Models.ContentPack.java_class.class_loader
  org.graylog2.shared.bindings.providers.ObjectMapperProvider.new(loader, java.util.HashSet.new(names)).get
end

MAPPER = make_mapper

# A content pack on its way to being installed, as ContentPackService and the facades of its entities do it.
class Pack
  KINDS = {
    'input' => Models.entities.InputEntity, 'stream' => Models.entities.StreamEntity,
    'dashboard' => Models.entities.ViewEntity, 'sidecar_collector' => Models.entities.SidecarCollectorEntity
  }.freeze

  # Raises what Graylog raises where it does not take the pack.
  def initialize(path)
    @pack = MAPPER.readValue(java.io.File.new(path), Models.ContentPack.java_class)
    @parameters = @pack.parameters.to_h { |each| [each.name, References.ValueReference.of(each.defaultValue.get)] }
    @entities = @pack.entities.to_h { |each| [each.toEntityDescriptor, each] }
    @models = @pack.entities.to_h { |each| [each, MAPPER.convertValue(each.data, KINDS.fetch(each.type.name).java_class)] }
    @streams = of('stream').to_h { |entity, model| [entity.toEntityDescriptor, stream(model)] }
  end

  def report
    {
      'name' => @pack.name, 'constraints' => constraints, 'inputs' => of('input').values.map { |model| input(model) },
      'streams' => @streams.values.map(&:getTitle), 'collectors' => of('sidecar_collector').values.map { |model| collector(model) },
      'dashboards' => of('dashboard').map { |entity, model| dashboard(entity, model) }
    }
  end

  # Titles of the streams that a message goes to.
  def streams_of(message)
    factory = org.graylog2.streams.StreamRuleMatcherFactory
    matching = @streams.values.select do |stream|
      stream.getStreamRules.all? { |rule| factory.build(rule.getType).match(message, rule) }
    end
    matching.map(&:getTitle)
  end

  private

  def of(kind)
    @models.select { |entity, _| entity.type.name == kind }
  end

  def text(reference)
    reference.asString(@parameters)
  end

  # Whether this Graylog is new enough for each entity.
  def constraints
    checker = org.graylog2.contentpacks.constraints.GraylogVersionConstraintChecker.new
    @pack.entities.flat_map { |entity| checker.checkConstraints(entity.constraints).to_a }.map(&:fulfilled).uniq
  end

  # Its configuration, which the input's transport and codec have looked at.
  def input(model)
    values = References.ReferenceMapUtils.toValueMap(model.configuration, @parameters)
    [org.graylog2.inputs.transports.UdpTransport::Config, org.graylog2.inputs.codecs.GelfCodec::Config].each do |config|
      config.new.getRequestedConfiguration.check(Configuration.new(values))
    end
    { 'type' => text(model.type), 'configuration' => values.to_h }
  end

  def stream(model)
    id = org.bson.types.ObjectId.new
    rules = model.streamRules.map { |each| rule(each) }
    org.graylog2.streams.StreamImpl.new(id, { 'title' => text(model.title) }, rules, java.util.HashSet.new, nil)
  end

  def rule(model)
    made = org.graylog2.streams.StreamRuleImpl.new(java.util.HashMap.new)
    made.setType(model.type.asEnum(@parameters, StreamRuleType.java_class))
    made.setField(text(model.field))
    made.setValue(text(model.value))
    made.setInverted(model.inverted.asBoolean(@parameters))
    made
  end

  def collector(model)
    { 'name' => text(model.name), 'execute' => text(model.executeParameters), 'validate' => text(model.validationParameters) }
  end

  # The view and the search that Graylog would store.
  def dashboard(entity, model)
    search = model.search.toNativeEntity(@parameters, @streams)
    state = model.state.to_h { |id, each| [id, each.toNativeEntity(@parameters, @streams)] }
    view = model.toNativeEntity(@parameters, @streams).searchId(search.id).state(state).build
    searches = search.queries.flat_map { |query| query.searchTypes.to_a }
    {
      'title' => view.title, 'needs' => needs(entity), 'reads' => searches.flat_map { |each| titles(each.streams) }.uniq,
      'widgets' => state.values.flat_map { |each| each.widgets.map { |widget| widget.config.class.name.split('::').last } },
      'series' => searches.flat_map { |each| each.series.map(&:literal) }
    }
  end

  # The streams that Graylog makes before it.
  def needs(entity)
    facade = org.graylog2.contentpacks.facades.DashboardFacade.new(MAPPER, nil, nil, nil, nil, nil)
    facade.resolveForInstallation(entity, @parameters, @entities).edges.map { |edge| text(@models.fetch(edge.target).title) }
  end

  def titles(ids)
    @streams.values.select { |stream| ids.include?(stream.getId) }.map(&:getTitle)
  end
end

# What stands behind a GELF UDP input: chunks are put together, messages decoded.
class Input
  def initialize
    registry = com.codahale.metrics.MetricRegistry.new
    metrics = org.graylog2.inputs.diagnosis.InputDiagnosisMetrics.new(registry)
    dropped = org.graylog2.inputs.codecs.gelf.GELFBulkDroppedMsgService.new(metrics)
    chunks = org.graylog2.inputs.codecs.GelfChunkAggregator.new(java.util.concurrent.Executors.newScheduledThreadPool(1), registry)
    @codec = org.graylog2.inputs.codecs.GelfCodec.new(Configuration.new({}), chunks, message_factory, dropped)
  end

  # Returns a message, or nil.
  def receive(datagram)
    result = @codec.getAggregator.addChunk(Java::IoNettyBuffer::Unpooled.wrappedBuffer(datagram.to_java_bytes))
    raise 'a chunk is refused' unless result.isValid
    return nil if result.getMessage.nil?
    payload = Java::byte[result.getMessage.readableBytes].new
    result.getMessage.readBytes(payload)
    @codec.decodeSafe(org.graylog2.plugin.journal.RawMessage.new(payload)).get
  end

  private

  # Graylog leaves it to Guice, which may call what is not public.
  def message_factory
    type = java.lang.Class.forName('org.graylog2.plugin.DefaultMessageFactory', true, MAPPER.java_class.class_loader)
    constructor = type.declared_constructors.first
    constructor.accessible = true
    constructor.newInstance
  end
end

pack = nil
input = Input.new
act = {
  'template' => lambda do |indices|
    custom = org.graylog2.indexer.indexset.CustomFieldMappings.new
    index_set = org.graylog2.indexer.indexset.IndexSetMappingTemplate.new('standard', indices, custom)
    MAPPER.writeValueAsString(org.graylog2.indexer.IndexMapping7.new.toTemplate(index_set))
  end,
  'pack' => lambda { |path| JSON.generate((pack = Pack.new(path)).report) },
  'gelf' => lambda do |text|
    message = input.receive(text.unpack1('m'))
    next 'null' if message.nil?
    document = message.toElasticSearchObject(MAPPER, com.codahale.metrics.Meter.new)
    %({"fields":#{MAPPER.writeValueAsString(document)},"streams":#{JSON.generate(pack.streams_of(message))}})
  end
}
$stdout.sync = true
$stdin.each_line do |line|
  name, argument = line.split
  puts act.fetch(name).call(argument)
rescue StandardError, java.lang.Exception => error
  puts JSON.generate('error' => error.message)
end
exit! # threads of Graylog's would go on
