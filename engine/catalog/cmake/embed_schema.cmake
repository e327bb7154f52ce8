# cmake -DFILES=a.sql;b.sql -DOUTPUT=schema.cpp -P embed_schema.cmake
# Writes the function catalog::schema() of src/migrations.h. A file's version is the number its name begins with.
set(entries "")
foreach(file IN LISTS FILES)
    get_filename_component(title "${file}" NAME_WE)
    if(NOT title MATCHES "^0*([1-9][0-9]*)_.+$")
        message(FATAL_ERROR "${file}: a migration is called NNNN_title.sql")
    endif()
    set(version "${CMAKE_MATCH_1}")
    file(READ "${file}" sql)
    string(APPEND entries "    {${version}, \"${title}\", R\"lwb_sql(${sql})lwb_sql\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"migrations.h\"

namespace catalog {

namespace {
constexpr Migration migrations[] = {
${entries}};
}

std::span<const Migration> schema() { return migrations; }

}  // namespace catalog
")
