#include "export_table.h"

#include "id_table.h"
#include "record_sql.h"
#include "transaction.h"

namespace catalog {

template <class Visit>
void fields(ExportRecord& record, Visit&& visit) {
    visit("id", record.id);
    visit("adapter_id", record.adapter_id);
    visit("format", record.format);
    visit("dtype", record.dtype);
    visit("path", record.path);
    visit("size_bytes", record.size_bytes);
    visit("passed", record.passed);
    visit("max_abs_diff", record.max_abs_diff);
    visit("matched", record.matched);
    visit("missing", record.missing);
    visit("unexpected", record.unexpected);
    visit("created_at", record.created_at);
    visit("report_json", record.report_json);
}

namespace export_table {

ExportRecord insert(Database& database, ExportRecord record) {
    Transaction transaction(database);
    if (!Statement(database, "SELECT 1 FROM adapters WHERE id = ?", record.adapter_id).step())
        throw Error(ErrorCode::not_found, "The export to '" + record.path +
                                              "' was not stored: the catalog has no adapter '" +
                                              record.adapter_id + "'. Export an adapter of the catalog.");
    if (record.id.empty()) record.id = new_id(database, 'x');
    if (record.created_at == 0.0) record.created_at = now();
    insert_record(database, "exports", record);
    transaction.commit();
    return record;
}

std::vector<ExportRecord> list(Database& database, const std::string& adapter_id) {
    Statement rows(database,
                   "SELECT " + columns_of<ExportRecord>().names +
                       " FROM exports WHERE ?1 = '' OR adapter_id = ?1 ORDER BY created_at DESC, id DESC",
                   adapter_id);
    std::vector<ExportRecord> exports;
    while (rows.step()) read_record(rows, exports.emplace_back());
    return exports;
}

}  // namespace export_table

}  // namespace catalog
