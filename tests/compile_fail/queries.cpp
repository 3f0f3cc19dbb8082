// SPDX-License-Identifier: MIT

#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/field.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    int floor = 0;
    bool active = false;
    std::vector<std::string> tags;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Device, site, floor, active, tags)
struct Alert {
    int level = 0;
};
struct Summary {
    std::string site;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Summary, site)
struct Unknown {
    std::string site;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto active = gs::field<&Device::active>;
constexpr auto tags = gs::field<&Device::tags>;
}  // namespace device
constexpr auto alert_level = gs::field<&Alert::level>;

using Devices = gs::MemoryStorageBackend<Device>;

// expect: gridone::storage: a query of the model, or query().where(filter)
auto query_of_another_model(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query(gs::query<Device>());
#else
    return devices.query(gs::query<Alert>());
#endif
}

// expect: gridone::storage: a query of the model, or query().where(filter)
auto query_of_filter(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().where(device::floor > 3);
#else
    return devices.query(device::floor > 3);
#endif
}

// expect: gridone::storage: a filter on fields of the model
auto bound_where_of_another_model(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().where(device::floor > 3);
#else
    return devices.query().where(alert_level > 3);
#endif
}

// expect: gridone::storage: a function that takes (const Document<M>&)
auto for_each_value(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().for_each([](const gs::Document<Device>&) {});
#else
    return devices.query().for_each([](const Device&) {});
#endif
}

// expect: gridone::storage: a function that takes (const Document<M>&)
auto for_each_changeable(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().for_each([](const auto& document) { return document.id != "x"; });
#else
    return devices.query().for_each([](gs::Document<Device>&) {});
#endif
}

// expect: gridone::storage: a function that takes (const Document<M>&)
auto for_each_of_storage(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.for_each([](const gs::Document<Device>&) {});
#else
    return devices.for_each([](const Device&) {});
#endif
}

// expect: gridone::storage: a default-constructible struct with to_json and from_json
auto select_of_unknown(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().select<Summary>();
#else
    return devices.query().select<Unknown>();
#endif
}

// expect: gridone::storage: a default-constructible struct with to_json and from_json
auto select_of_text(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().select<Summary>();
#else
    return devices.query().select<std::string>();
#endif
}

// expect: gridone::storage: a default-constructible struct with to_json and from_json
auto page_of_unknown(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().limit(1).page<Summary>();
#else
    return devices.query().limit(1).page<Unknown>();
#endif
}

// expect: gridone::storage: a Cursor: *page.next, or Cursor::from_text(text)
auto page_of_text(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().limit(5).page(gs::Cursor::from_text("x"));
#else
    return devices.query().limit(5).page("x");
#endif
}

// expect: gridone::storage: changes of the model: field.set(value)
auto patch_of_another_model(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().patch(device::floor.set(3));
#else
    return devices.query().patch(device::floor.set(3), alert_level.set(3));
#endif
}

// expect: gridone::storage: changes of the model: field.set(value)
auto patch_of_filter(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().patch(device::floor.set(3));
#else
    return devices.query().patch(device::floor == 3);
#endif
}

// expect: gridone::storage: changes of the model: field.set(value)
auto patch_without_changes(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().patch_documents(device::floor.increment(1));
#else
    return devices.query().patch_documents();
#endif
}

// expect: gridone::storage: changes of the model
auto one_patch_of_another_model(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.patch("a", device::floor.set(3));
#else
    return devices.patch("a", alert_level.set(3));
#endif
}

// expect: gridone::storage: changes of the model
auto one_patch_of_filter(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.patch("a", device::floor.set(3), device::site.set("lyon"));
#else
    return devices.patch("a", device::floor.set(3), device::site == "lyon");
#endif
}

// expect: gridone::storage: changes of the model
auto guarded_patch_of_filter(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.patch("a", gs::if_version(gs::Version{1}), device::floor.set(3));
#else
    return devices.patch("a", gs::if_version(gs::Version{1}), device::floor == 3);
#endif
}

// expect: gridone::storage: a function that takes (M&)
auto edit_of_document(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.edit("a", [](Device& it) { ++it.floor; });
#else
    return devices.edit("a", [](gs::Document<Device>& it) { ++it.value.floor; });
#endif
}

// expect: gridone::storage: a text field of the model
auto reference_from_number() {
#ifdef GRIDONE_CONTROL
    return gs::document_table<Device>("devices").references(device::site, "sites", gs::on_delete::refuse);
#else
    return gs::document_table<Device>("devices").references(device::floor, "floors", gs::on_delete::refuse);
#endif
}

// expect: gridone::storage: fields of the model
auto insert_only_of_another_model() {
#ifdef GRIDONE_CONTROL
    return gs::document_table<Device>("devices").insert_only(device::site);
#else
    return gs::document_table<Device>("devices").insert_only(alert_level);
#endif
}

// expect: gridone::storage: comparable fields of the model, where(filter)
auto unique_of_another_model() {
#ifdef GRIDONE_CONTROL
    return gs::document_table<Device>("devices").unique(device::site);
#else
    return gs::document_table<Device>("devices").unique(alert_level);
#endif
}

// expect: gridone::storage: comparable fields or orders, where(filter)
auto rule_of_another_model() {
#ifdef GRIDONE_CONTROL
    return gs::document_table<Device>("devices").index(device::site, gs::where(device::floor > 3));
#else
    return gs::document_table<Device>("devices").index(device::site, gs::where(alert_level > 3));
#endif
}

// expect: gridone::storage: a field of the model that is a number
auto sum_of_text(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().sum(device::floor);
#else
    return devices.query().sum(device::site);
#endif
}

// expect: gridone::storage: a field of the model that is a number
auto sum_of_another_model(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().sum(device::floor);
#else
    return devices.query().sum(alert_level);
#endif
}

// expect: gridone::storage: a field of the model that is a number
auto sum_of_filter(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().where(device::floor > 3).sum(device::floor);
#else
    return devices.query().sum(device::floor > 3);
#endif
}

// expect: gridone::storage: a field of the model that is a number
auto mean_of_booleans(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().avg(device::floor);
#else
    return devices.query().avg(device::active);
#endif
}

// expect: gridone::storage: a field of the model whose values have an order
auto least_boolean(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().min(device::floor);
#else
    return devices.query().min(device::active);
#endif
}

// expect: gridone::storage: a field of the model whose values have an order
auto greatest_vector(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().max(device::site);
#else
    return devices.query().max(device::tags);
#endif
}

// expect: gridone::storage: a field of the model whose values can be compared
auto count_by_vector(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().count_by(device::active);
#else
    return devices.query().count_by(device::tags);
#endif
}

// expect: gridone::storage: a field of the model whose values can be compared
auto count_by_name(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().count_by(device::site);
#else
    return devices.query().count_by("site");
#endif
}

// expect: gridone::storage: an id; for a filter: query().where(filter)
auto read_of_filter(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().where(device::floor > 3).read();
#else
    return devices.read(device::floor > 3);
#endif
}

// expect: gridone::storage: an id; for a filter: query().where(filter)
auto find_of_filter(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().where(device::floor > 3).find();
#else
    return devices.find(device::floor > 3);
#endif
}

// expect: gridone::storage: an id; for a filter: query().where(filter).exists()
auto contains_filter(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().where(device::floor > 3).exists();
#else
    return devices.contains(device::floor > 3);
#endif
}

// expect: gridone::storage: an id; for a filter: query().where(filter).remove()
auto remove_filter(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().where(device::floor > 3).remove();
#else
    return devices.remove(device::floor > 3);
#endif
}

// expect: gridone::storage: a range of ids: read_many({"a", "b"})
auto read_many_of_one(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.read_many({"a", "b"});
#else
    return devices.read_many("a");
#endif
}

// expect: gridone::storage: a range of ids: read_many({"a", "b"})
auto read_many_of_numbers(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.read_many(std::vector<std::string>{"1"});
#else
    return devices.read_many(std::vector<int>{1});
#endif
}

// expect: gridone::storage: an id and a value: write(id, value)
auto write_without_id(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.write("a", Device{});
#else
    return devices.write(Device{});
#endif
}

// expect: gridone::storage: an id and a value: insert(id, value)
auto insert_without_id(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.insert("a", Device{});
#else
    return devices.insert(Device{});
#endif
}

// expect: gridone::storage: an id and a value: replace(id, value)
auto replace_without_id(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.replace("a", Device{});
#else
    return devices.replace(Device{});
#endif
}

// expect: gridone::storage: an id and a value: insert_or_find(id, value)
auto insert_or_find_without_id(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.insert_or_find("a", Device{});
#else
    return devices.insert_or_find(Device{});
#endif
}

// expect: gridone::storage: a field of the model, an id and a value
auto upsert_by_name(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.upsert_by(device::site, "a", Device{});
#else
    return devices.upsert_by("site", "a", Device{});
#endif
}

// expect: gridone::storage: the body of a transaction requires its parameter: (&)(Transaction& tx)
auto transaction_without_parameter(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.transaction([](gs::Transaction&) { return 1; });
#else
    return devices.transaction([] { return 1; });
#endif
}

// expect: gridone::storage: a range of ids: remove_many({"a", "b"})
auto remove_many_of_one(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.remove_many({"a", "b"});
#else
    return devices.remove_many("a");
#endif
}

// expect: gridone::storage: a range of ids with values: {{"a", a}, {"b", b}}
auto write_many_without_ids(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.write_many({{"a", Device{}}});
#else
    return devices.write_many(std::vector<Device>{});
#endif
}

// expect: gridone::storage: a range of ids with values: {{"a", a}, {"b", b}}
auto insert_many_without_ids(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.insert_many({{"a", Device{}}});
#else
    return devices.insert_many(std::vector<Device>{});
#endif
}

// expect: gridone::storage: a range of ids with values: {{"a", a}, {"b", b}}
auto insert_missing_without_ids(Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.insert_missing({{"a", Device{}}});
#else
    return devices.insert_missing(std::vector<Device>{});
#endif
}
