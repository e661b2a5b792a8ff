// cold. The probe as a collector of Graylog's Sidecar, which starts it and brings its configuration.
import { type Entity, entity, typed } from './entity.ts';

const CONFIGURATION = `# Rendered by Graylog Sidecar for this host. Every key: nano-probe --help all
device=any
exp-domain=graylog.example.org:12201
l4-switch=net
auto-check=1
bodylen=1024
interval=10
`;

/** The path must stand in the Sidecar's collector_binaries_accesslist. */
export const sidecarCollector = (): Entity =>
  entity('sidecar_collector', 'nano-probe', {
    name: typed('nano-probe'),
    service_type: typed('exec'),
    node_operating_system: typed('linux'),
    executable_path: typed('/usr/bin/nano-probe'),
    execute_parameters: typed('@%s'),
    validation_parameters: typed('check-config %s'),
    default_template: typed(CONFIGURATION),
  });
