// SPDX-License-Identifier: Apache-2.0
//! Every function, in the order of the headers.

use super::*;

extern "C" {
    // <libregistry/abi.h>
    pub fn lreg_version_string() -> *const c_char;
    pub fn lreg_version_number() -> i32;
    pub fn lreg_has_feature(name: *const c_char) -> lreg_bool;
    // <libregistry/audit.h>
    pub fn lreg_audit_event_list_open(
        instance: *mut lreg_instance,
        organization: *const c_char,
        filter: *const lreg_audit_event_filter,
        out: *mut *mut lreg_audit_event_list,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_audit_event_list_next(
        list: *mut lreg_audit_event_list,
        out: *mut *mut lreg_audit_event,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_audit_event_list_close(list: *mut lreg_audit_event_list);
    pub fn lreg_audit_event_type(event: *const lreg_audit_event) -> *const c_char;
    pub fn lreg_audit_event_actor(event: *const lreg_audit_event) -> *const c_char;
    pub fn lreg_audit_event_subject(event: *const lreg_audit_event) -> *const c_char;
    pub fn lreg_audit_event_data(event: *const lreg_audit_event) -> *const c_char;
    pub fn lreg_audit_event_occurred_ms(event: *const lreg_audit_event) -> i64;
    pub fn lreg_audit_event_free(event: *mut lreg_audit_event);
    // <libregistry/dispatch.h>
    pub fn lreg_exchange_run(
        exchange: *mut lreg_exchange,
        io: *const lreg_dispatch_io,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_dispatch(
        instance: *mut lreg_instance,
        method: *const c_char,
        target: *const c_char,
        headers: *const *const c_char,
        io: *const lreg_dispatch_io,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    // <libregistry/error.h>
    pub fn lreg_error_status(error: *const lreg_error) -> lreg_status;
    pub fn lreg_error_code(error: *const lreg_error) -> *const c_char;
    pub fn lreg_error_message(error: *const lreg_error) -> *const c_char;
    pub fn lreg_error_operation(error: *const lreg_error) -> *const c_char;
    pub fn lreg_error_cause_domain(error: *const lreg_error) -> i32;
    pub fn lreg_error_cause(error: *const lreg_error) -> i64;
    pub fn lreg_error_free(error: *mut lreg_error);
    pub fn lreg_status_name(status: lreg_status) -> *const c_char;
    pub fn lreg_status_http(status: lreg_status) -> i32;
    // <libregistry/exchange.h>
    pub fn lreg_exchange_new(
        instance: *mut lreg_instance,
        out: *mut *mut lreg_exchange,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_free(exchange: *mut lreg_exchange);
    pub fn lreg_exchange_reset(exchange: *mut lreg_exchange);
    pub fn lreg_exchange_set_request(
        exchange: *mut lreg_exchange,
        method: *const c_char,
        target: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_set_scheme(
        exchange: *mut lreg_exchange,
        scheme: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_set_host(
        exchange: *mut lreg_exchange,
        host: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_set_mount(
        exchange: *mut lreg_exchange,
        mount: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_set_peer(
        exchange: *mut lreg_exchange,
        address: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_trust_forwarded(
        exchange: *mut lreg_exchange,
        trust: lreg_bool,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_set_sends_files(
        exchange: *mut lreg_exchange,
        sends_files: lreg_bool,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_add_header(
        exchange: *mut lreg_exchange,
        name: *const c_char,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_set_environment(
        exchange: *mut lreg_exchange,
        variables: *const *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_set_defers_work(
        exchange: *mut lreg_exchange,
        defers: lreg_bool,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_begin(exchange: *mut lreg_exchange, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_exchange_work(exchange: *mut lreg_exchange, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_exchange_wants(exchange: *const lreg_exchange) -> lreg_wants;
    pub fn lreg_exchange_body_remaining(exchange: *const lreg_exchange) -> i64;
    pub fn lreg_exchange_write(
        exchange: *mut lreg_exchange,
        bytes: *const c_void,
        length: usize,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_finish(exchange: *mut lreg_exchange, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_exchange_share(exchange: *const lreg_exchange) -> *const c_char;
    pub fn lreg_exchange_status(exchange: *const lreg_exchange) -> i32;
    pub fn lreg_exchange_reason(exchange: *const lreg_exchange) -> *const c_char;
    pub fn lreg_exchange_header_at(
        exchange: *const lreg_exchange,
        index: usize,
        out_name: *mut *const c_char,
        out_value: *mut *const c_char,
    ) -> lreg_bool;
    pub fn lreg_exchange_content_length(exchange: *const lreg_exchange) -> i64;
    pub fn lreg_exchange_may_keep_alive(exchange: *const lreg_exchange) -> lreg_bool;
    pub fn lreg_exchange_file_path(exchange: *const lreg_exchange) -> *const c_char;
    pub fn lreg_exchange_next(
        exchange: *mut lreg_exchange,
        piece: *mut lreg_piece,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_exchange_consume(exchange: *mut lreg_exchange, length: u64, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_exchange_read(
        exchange: *mut lreg_exchange,
        buffer: *mut c_void,
        capacity: usize,
        out_got: *mut usize,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    // <libregistry/instance.h>
    pub fn lreg_options_new(out: *mut *mut lreg_options, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_options_free(options: *mut lreg_options);
    pub fn lreg_options_set_directory(
        options: *mut lreg_options,
        directory: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_base_url(
        options: *mut lreg_options,
        base_url: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_forwarded_header(
        options: *mut lreg_options,
        header: i32,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_forwarded_hops(
        options: *mut lreg_options,
        hops: i32,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_trust_forwarded(
        options: *mut lreg_options,
        network: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_durable(
        options: *mut lreg_options,
        durable: lreg_bool,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_busy_timeout_ms(
        options: *mut lreg_options,
        timeout_ms: i32,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_number(
        options: *mut lreg_options,
        setting: i32,
        value: u64,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set(
        options: *mut lreg_options,
        name: *const c_char,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_load(options: *mut lreg_options, path: *const c_char, err: *mut *mut lreg_error)
        -> lreg_status;
    pub fn lreg_options_set_storage(
        options: *mut lreg_options,
        name: *const c_char,
        backend: *const lreg_storage_backend,
        state: *mut c_void,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_memory_storage(options: *mut lreg_options, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_options_set_allocator(
        options: *mut lreg_options,
        allocator: *const lreg_allocator,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_clock(
        options: *mut lreg_options,
        clock: *const lreg_clock,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_random(
        options: *mut lreg_options,
        random: *const lreg_random,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_log(
        options: *mut lreg_options,
        log: *const lreg_log,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_options_set_executor(
        options: *mut lreg_options,
        executor: *const lreg_executor,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_open(
        options: *mut lreg_options,
        out: *mut *mut lreg_instance,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_close(instance: *mut lreg_instance);
    pub fn lreg_fork_begin(instance: *mut lreg_instance, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_fork_end(instance: *mut lreg_instance);
    // <libregistry/maintenance.h>
    pub fn lreg_verify(
        instance: *mut lreg_instance,
        options: *const lreg_verify_options,
        report: *mut lreg_verify_report,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_collect(
        instance: *mut lreg_instance,
        options: *const lreg_collect_options,
        report: *mut lreg_collect_report,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_backup(
        instance: *mut lreg_instance,
        directory: *const c_char,
        options: *const lreg_backup_options,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    // <libregistry/metrics.h>
    pub fn lreg_options_set_metrics_access(
        options: *mut lreg_options,
        access: i32,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_metrics_list_open(
        instance: *mut lreg_instance,
        filter: *const lreg_metrics_filter,
        out: *mut *mut lreg_metrics_list,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_metrics_list_next(
        list: *mut lreg_metrics_list,
        out: *mut *mut lreg_metric,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_metrics_list_close(list: *mut lreg_metrics_list);
    pub fn lreg_metric_name(metric: *const lreg_metric) -> *const c_char;
    pub fn lreg_metric_family(metric: *const lreg_metric) -> *const c_char;
    pub fn lreg_metric_type(metric: *const lreg_metric) -> *const c_char;
    pub fn lreg_metric_help(metric: *const lreg_metric) -> *const c_char;
    pub fn lreg_metric_label_at(
        metric: *const lreg_metric,
        index: usize,
        out_name: *mut *const c_char,
        out_value: *mut *const c_char,
    ) -> lreg_bool;
    pub fn lreg_metric_value(metric: *const lreg_metric) -> i64;
    pub fn lreg_metric_decimals(metric: *const lreg_metric) -> i32;
    pub fn lreg_metric_free(metric: *mut lreg_metric);

    // <libregistry/organization.h>
    pub fn lreg_organization_settings_new(
        out: *mut *mut lreg_organization_settings,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_settings_set_slug(
        settings: *mut lreg_organization_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_settings_set_name(
        settings: *mut lreg_organization_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_settings_free(settings: *mut lreg_organization_settings);
    pub fn lreg_organization_create(
        instance: *mut lreg_instance,
        settings: *const lreg_organization_settings,
        out: *mut *mut lreg_organization,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_find(
        instance: *mut lreg_instance,
        slug: *const c_char,
        out: *mut *mut lreg_organization,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_list_open(
        instance: *mut lreg_instance,
        filter: *const lreg_organization_filter,
        out: *mut *mut lreg_organization_list,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_list_next(
        list: *mut lreg_organization_list,
        out: *mut *mut lreg_organization,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_list_close(list: *mut lreg_organization_list);
    pub fn lreg_organization_update(
        instance: *mut lreg_instance,
        organization: *const lreg_organization,
        settings: *const lreg_organization_settings,
        out: *mut *mut lreg_organization,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_delete(
        instance: *mut lreg_instance,
        organization: *const lreg_organization,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_organization_id(organization: *const lreg_organization) -> *const c_char;
    pub fn lreg_organization_slug(organization: *const lreg_organization) -> *const c_char;
    pub fn lreg_organization_name(organization: *const lreg_organization) -> *const c_char;
    pub fn lreg_organization_created_ms(organization: *const lreg_organization) -> i64;
    pub fn lreg_organization_free(organization: *mut lreg_organization);
    // <libregistry/package.h>
    pub fn lreg_publication_open(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        filename: *const c_char,
        out: *mut *mut lreg_publication,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_publication_write(
        publication: *mut lreg_publication,
        bytes: *const c_void,
        length: usize,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_publication_finish(
        publication: *mut lreg_publication,
        out: *mut *mut lreg_package,
        out_created: *mut lreg_bool,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_publication_close(publication: *mut lreg_publication);
    pub fn lreg_package_find(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        reference: *const c_char,
        out: *mut *mut lreg_package,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_package_find_by_id(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        id: *const c_char,
        out: *mut *mut lreg_package,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_package_list_open(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        filter: *const lreg_package_filter,
        out: *mut *mut lreg_package_list,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_package_list_next(
        list: *mut lreg_package_list,
        out: *mut *mut lreg_package,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_package_list_close(list: *mut lreg_package_list);
    pub fn lreg_package_delete(
        instance: *mut lreg_instance,
        package: *const lreg_package,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_package_reader_open(
        instance: *mut lreg_instance,
        package: *const lreg_package,
        out: *mut *mut lreg_package_reader,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_package_reader_length(reader: *const lreg_package_reader) -> u64;
    pub fn lreg_package_reader_read(
        reader: *mut lreg_package_reader,
        offset: u64,
        bytes: *mut c_void,
        length: usize,
        out_got: *mut usize,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_package_reader_close(reader: *mut lreg_package_reader);
    pub fn lreg_package_id(package: *const lreg_package) -> *const c_char;
    pub fn lreg_package_name(package: *const lreg_package) -> *const c_char;
    pub fn lreg_package_version(package: *const lreg_package) -> *const c_char;
    pub fn lreg_package_architecture(package: *const lreg_package) -> *const c_char;
    pub fn lreg_package_reference(package: *const lreg_package) -> *const c_char;
    pub fn lreg_package_filename(package: *const lreg_package) -> *const c_char;
    pub fn lreg_package_path(package: *const lreg_package) -> *const c_char;
    pub fn lreg_package_size_bytes(package: *const lreg_package) -> u64;
    pub fn lreg_package_digest(package: *const lreg_package, algorithm: *const c_char) -> *const c_char;
    pub fn lreg_package_attributes(package: *const lreg_package) -> *const c_char;
    pub fn lreg_package_downloads(package: *const lreg_package) -> u64;
    pub fn lreg_package_created_ms(package: *const lreg_package) -> i64;
    pub fn lreg_package_free(package: *mut lreg_package);
    // <libregistry/registry.h>
    pub fn lreg_registry_settings_new(out: *mut *mut lreg_registry_settings, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_registry_settings_set_name(
        settings: *mut lreg_registry_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_slug(
        settings: *mut lreg_registry_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_description(
        settings: *mut lreg_registry_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_emoji(
        settings: *mut lreg_registry_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_color(
        settings: *mut lreg_registry_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_ecosystem(
        settings: *mut lreg_registry_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_public(
        settings: *mut lreg_registry_settings,
        value: lreg_bool,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_allow_overwrite(
        settings: *mut lreg_registry_settings,
        value: lreg_bool,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_strict_names(
        settings: *mut lreg_registry_settings,
        value: lreg_bool,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_set_json(
        settings: *mut lreg_registry_settings,
        json: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_settings_free(settings: *mut lreg_registry_settings);
    pub fn lreg_registry_create(
        instance: *mut lreg_instance,
        organization: *const c_char,
        settings: *const lreg_registry_settings,
        out: *mut *mut lreg_registry,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_find(
        instance: *mut lreg_instance,
        organization: *const c_char,
        slug: *const c_char,
        out: *mut *mut lreg_registry,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_list_open(
        instance: *mut lreg_instance,
        organization: *const c_char,
        filter: *const lreg_registry_filter,
        out: *mut *mut lreg_registry_list,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_list_next(
        list: *mut lreg_registry_list,
        out: *mut *mut lreg_registry,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_list_close(list: *mut lreg_registry_list);
    pub fn lreg_registry_update(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        settings: *const lreg_registry_settings,
        out: *mut *mut lreg_registry,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_delete(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_id(registry: *const lreg_registry) -> *const c_char;
    pub fn lreg_registry_organization_slug(registry: *const lreg_registry) -> *const c_char;
    pub fn lreg_registry_slug(registry: *const lreg_registry) -> *const c_char;
    pub fn lreg_registry_name(registry: *const lreg_registry) -> *const c_char;
    pub fn lreg_registry_description(registry: *const lreg_registry) -> *const c_char;
    pub fn lreg_registry_emoji(registry: *const lreg_registry) -> *const c_char;
    pub fn lreg_registry_color(registry: *const lreg_registry) -> *const c_char;
    pub fn lreg_registry_ecosystem(registry: *const lreg_registry) -> *const c_char;
    pub fn lreg_registry_is_public(registry: *const lreg_registry) -> lreg_bool;
    pub fn lreg_registry_allows_overwrite(registry: *const lreg_registry) -> lreg_bool;
    pub fn lreg_registry_has_strict_names(registry: *const lreg_registry) -> lreg_bool;
    pub fn lreg_registry_created_ms(registry: *const lreg_registry) -> i64;
    pub fn lreg_registry_updated_ms(registry: *const lreg_registry) -> i64;
    pub fn lreg_registry_free(registry: *mut lreg_registry);
    // <libregistry/token.h>
    pub fn lreg_token_settings_new(out: *mut *mut lreg_token_settings, err: *mut *mut lreg_error) -> lreg_status;
    pub fn lreg_token_settings_set_description(
        settings: *mut lreg_token_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_settings_set_scopes(
        settings: *mut lreg_token_settings,
        value: *const c_char,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_settings_set_expires_ms(
        settings: *mut lreg_token_settings,
        value: i64,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_settings_free(settings: *mut lreg_token_settings);
    pub fn lreg_token_create(
        instance: *mut lreg_instance,
        organization: *const c_char,
        settings: *const lreg_token_settings,
        out: *mut *mut lreg_token,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_token_create(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        settings: *const lreg_token_settings,
        out: *mut *mut lreg_token,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_list_open(
        instance: *mut lreg_instance,
        organization: *const c_char,
        filter: *const lreg_token_filter,
        out: *mut *mut lreg_token_list,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_token_list_open(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        filter: *const lreg_token_filter,
        out: *mut *mut lreg_token_list,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_list_next(
        list: *mut lreg_token_list,
        out: *mut *mut lreg_token,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_list_close(list: *mut lreg_token_list);
    pub fn lreg_token_find(
        instance: *mut lreg_instance,
        organization: *const c_char,
        id: *const c_char,
        out: *mut *mut lreg_token,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_registry_token_find(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        id: *const c_char,
        out: *mut *mut lreg_token,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_reveal(
        instance: *mut lreg_instance,
        token: *const lreg_token,
        out: *mut *mut lreg_token,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_delete(
        instance: *mut lreg_instance,
        token: *const lreg_token,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_token_id(token: *const lreg_token) -> *const c_char;
    pub fn lreg_token_registry_id(token: *const lreg_token) -> *const c_char;
    pub fn lreg_token_description(token: *const lreg_token) -> *const c_char;
    pub fn lreg_token_scopes(token: *const lreg_token) -> *const c_char;
    pub fn lreg_token_secret(token: *const lreg_token) -> *const c_char;
    pub fn lreg_token_expires_ms(token: *const lreg_token) -> i64;
    pub fn lreg_token_created_ms(token: *const lreg_token) -> i64;
    pub fn lreg_token_free(token: *mut lreg_token);
    // <libregistry/upkeep.h>
    pub fn lreg_upkeep(
        instance: *mut lreg_instance,
        options: *const lreg_upkeep_options,
        report: *mut lreg_upkeep_report,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    // <libregistry/upload.h>
    pub fn lreg_upload_list_open(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        filter: *const lreg_upload_filter,
        out: *mut *mut lreg_upload_list,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_upload_list_next(
        list: *mut lreg_upload_list,
        out: *mut *mut lreg_upload,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_upload_list_close(list: *mut lreg_upload_list);
    pub fn lreg_upload_find(
        instance: *mut lreg_instance,
        registry: *const lreg_registry,
        id: *const c_char,
        out: *mut *mut lreg_upload,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_upload_cancel(
        instance: *mut lreg_instance,
        upload: *const lreg_upload,
        err: *mut *mut lreg_error,
    ) -> lreg_status;
    pub fn lreg_upload_id(upload: *const lreg_upload) -> *const c_char;
    pub fn lreg_upload_image(upload: *const lreg_upload) -> *const c_char;
    pub fn lreg_upload_principal(upload: *const lreg_upload) -> *const c_char;
    pub fn lreg_upload_received_bytes(upload: *const lreg_upload) -> u64;
    pub fn lreg_upload_created_ms(upload: *const lreg_upload) -> i64;
    pub fn lreg_upload_updated_ms(upload: *const lreg_upload) -> i64;
    pub fn lreg_upload_free(upload: *mut lreg_upload);
    // <libregistry/sys/failure.h>
    pub fn lreg_failure_set(failure: *mut lreg_failure, code: *const c_char, message: *const c_char);
    pub fn lreg_failure_set_cause(failure: *mut lreg_failure, domain: i32, number: i64);
    pub fn lreg_failure_set_retry_ms(failure: *mut lreg_failure, retry_ms: i64);
}
