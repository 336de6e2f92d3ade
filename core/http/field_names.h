// Numbers for the field names that the server or common modules look for; 0 is every other name.
#pragma once

#include <cstdint>
#include <string_view>

namespace kirsch::http {

// Stable within one process only (kirsch_field.id).
enum class FieldName : std::uint16_t {
  other = 0,
  accept,
  accept_charset,
  accept_encoding,
  accept_language,
  accept_ranges,
  access_control_allow_origin,
  access_control_request_headers,
  access_control_request_method,
  age,
  allow,
  authorization,
  cache_control,
  connection,
  content_disposition,
  content_encoding,
  content_language,
  content_length,
  content_location,
  content_range,
  content_security_policy,
  content_type,
  cookie,
  cross_origin_opener_policy,
  cross_origin_resource_policy,
  date,
  dnt,
  etag,
  expect,
  expires,
  forwarded,
  host,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  keep_alive,
  last_modified,
  link,
  location,
  max_forwards,
  origin,
  permissions_policy,
  pragma,
  priority,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  range,
  referer,
  referrer_policy,
  retry_after,
  sec_fetch_dest,
  sec_fetch_mode,
  sec_fetch_site,
  sec_websocket_accept,
  sec_websocket_extensions,
  sec_websocket_key,
  sec_websocket_protocol,
  sec_websocket_version,
  server,
  set_cookie,
  strict_transport_security,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  upgrade_insecure_requests,
  user_agent,
  vary,
  via,
  www_authenticate,
  x_content_type_options,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_frame_options,
  x_request_id,
  count
};

// Any case. FieldName::other for an unknown name.
FieldName field_name(std::string_view text) noexcept;

// Lower-case spelling; empty for other.
std::string_view spelling(FieldName name) noexcept;

}  // namespace kirsch::http
