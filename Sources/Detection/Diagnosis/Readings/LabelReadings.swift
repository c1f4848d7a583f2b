extension ReadingDiagnosis {
  /// Ways to write or read labels, the unchanged first.
  func labelReadings(_ score: Reading?) -> [Reading] {
    var readings = [Reading(id: "", text: "")]
    readings.append(
      Reading(
        id: "label-with-objectness", text: "the objectness counts as class 0",
        label: { pair in
          guard let objectness = pair.original.objectness, pair.original.classes.count > 1 else {
            return -1
          }
          let all = [objectness] + pair.original.classes
          return all.firstIndex(of: all.max()!)!
        }))
    let offsets = data.pairs.map { $0.patched.label - $0.original.label }.sorted()
    if let offset = offsets.isEmpty ? nil : offsets[offsets.count / 2], offset != 0 {
      readings.append(
        Reading(
          id: "label-offset", text: "labels are \(offset > 0 ? "+" : "")\(offset) off",
          label: { $0.original.label + offset }))
      let count = data.pairs.map { $0.original.classes.count }.max() ?? 0
      if count > 2 {
        readings.append(
          Reading(
            id: "class-shift", text: "classes are \(offset > 0 ? "+" : "")\(offset) off",
            label: { (($0.original.label + offset) % count + count) % count }))
      }
    }
    if let permuted = permutedReading { readings.append(permuted) }
    return readings
  }

  /// Labels that each stand for another, the same for all rows.
  private var permutedReading: Reading? {
    var partners: [Int: [Int: Int]] = [:]
    for pair in data.pairs {
      partners[pair.original.label, default: [:]][pair.patched.label, default: 0] += 1
    }
    let order = partners.compactMapValues { counts in
      counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
    guard order.count > 1, Set(order.values).count == order.count,
      let first = order.filter({ $0.key != $0.value }).min(by: { $0.key < $1.key })
    else { return nil }
    return Reading(
      id: "classes-permuted",
      text: "labels stand for other classes: \(first.value) where \(first.key) is expected",
      label: { order[$0.original.label] ?? $0.original.label })
  }
}
