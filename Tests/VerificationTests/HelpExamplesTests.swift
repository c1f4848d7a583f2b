import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// The examples in the help of every command, run as they are written.
struct HelpExamplesTests {
  /// An example with what it prints and which files it makes.
  struct Example: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let output: String
    let files: [String]

    init(_ command: String, prints output: String, makes files: [String] = []) {
      testDescription = command
      self.output = output
      self.files = files
    }
  }

  static let examples = [
    Example("verify-patch original.onnx patched.onnx photo.jpg", prints: "verdict: equivalent"),
    Example(
      "verify-patch original.onnx patched.onnx scenes/*.jpg --junit results.xml",
      prints: "scenes/landscape.jpg as [1,3,256,256]: equivalent", makes: ["results.xml"]),
    Example(
      "verify-patch patch original.onnx -o out.onnx --plugin yololayer", prints: "",
      makes: ["out.onnx"]),
    Example(
      "verify-patch simplify original.onnx -o simplified.onnx", prints: "proven identical",
      makes: ["simplified.onnx"]),
    Example(
      "verify-patch extract patched.onnx --inputs images --outputs p3 -o p3.onnx", prints: "",
      makes: ["p3.onnx"]),
    Example(
      "verify-patch check patched.onnx --against original.onnx", prints: "0 errors"),
    Example(
      "verify-patch golden record original.onnx scenes/*.jpg -o detector.golden.json",
      prints: "detector.golden.json: 2 images", makes: ["detector.golden.json"]),
    Example(
      "verify-patch golden check detector.golden.json patched.onnx --junit out.xml",
      prints: "verdict: equivalent", makes: ["out.xml"]),
    Example(
      "verify-patch golden check detector.golden.json --outputs engine.npz",
      prints: "verdict: equivalent"),
    Example(
      "verify-patch golden update detector.golden.json retrained.onnx --yes",
      prints: "model: original.onnx becomes retrained.onnx", makes: []),
    Example(
      "verify-patch dump patched.onnx photo.jpg engine.json", prints: "verdict: equivalent"),
    Example(
      "verify-patch dump patched.onnx photo.jpg bindings --engine fp16",
      prints: "verdict: equivalent"),
    Example(
      "verify-patch decode patched.onnx heads.npz --save decoded.npz", prints: "",
      makes: ["decoded.npz"]),
    Example(
      "verify-patch decode patched.onnx heads.npz --against engine.json",
      prints: "verdict: equivalent"),
    Example(
      "verify-patch vectors patched.onnx -o vectors", prints: "",
      makes: ["vectors/manifest.json"]),
    Example(
      "verify-patch layers original.onnx patched.onnx photo.jpg", prints: "proven"),
    Example(
      "verify-patch run original.onnx --image images=photo.jpg --save outputs.npz",
      prints: "output", makes: ["outputs.npz"]),
    Example("verify-patch inspect original.onnx", prints: "yolov5-decoded"),
  ]

  // MARK: What the help says

  private static func help(_ command: [String]) throws -> [String] {
    let command = try Command(command + ["--help"])
    #expect(command.status == 0)
    return command.output.components(separatedBy: "\n")
  }

  /// The names under SUBCOMMANDS.
  private static func subcommands(_ help: [String]) -> [String] {
    help.drop { $0 != "SUBCOMMANDS:" }.dropFirst().prefix { !$0.isEmpty }
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  /// The lines under EXAMPLE or EXAMPLES, one a command.
  private static func examples(_ help: [String]) -> [String] {
    help.drop { !["EXAMPLE", "EXAMPLES"].contains($0.trimmingCharacters(in: .whitespaces)) }
      .dropFirst(2).prefix { !$0.isEmpty }.map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static func examples(of command: [String]) throws -> [String] {
    let help = try help(command)
    let subcommands = subcommands(help).filter { $0 != "help" }
    let own = examples(help)
    if command != ["golden"] { #expect(!own.isEmpty, "\(command) shows no example") }
    return try own + subcommands.flatMap { try examples(of: command + [$0]) }
  }

  @Test func everyExampleIsRun() throws {
    let shown = try Self.examples(of: [])
    #expect(Set(shown) == Set(Self.examples.map(\.testDescription)))
    #expect(shown.count > 15)
  }

  // MARK: Running them

  /// The files that examples name.
  private static let folder = Result { () throws -> TemporaryFolder in
    let folder = try TemporaryFolder()
    let files = FileManager.default
    func copy(_ fixture: String, _ name: String) throws {
      try files.copyItem(atPath: "\(FixtureTests.folder)/\(fixture)", toPath: folder.file(name))
    }
    func run(_ arguments: [String]) throws {
      let command = try Command(arguments, directory: folder.path)
      #expect(command.status == 0, "\(arguments): \(command.errors)")
    }
    try copy("detector_original.onnx", "original.onnx")
    try copy("detector_yololayer.onnx", "patched.onnx")
    try copy("scenes/scales.jpg", "photo.jpg")
    try files.createDirectory(atPath: folder.file("scenes"), withIntermediateDirectories: true)
    for scene in ["landscape.jpg", "portrait.jpg"] {
      try copy("scenes/\(scene)", "scenes/\(scene)")
    }
    var model = try Model(contentsOfFile: folder.file("original.onnx"))
    let weights = model.graph.initializers.filter { $0.value.shape.rank == 4 }.keys.sorted()
    model.editWeights(weights[0]) { $0 = $0.map { $0 * 1.01 } }
    _ = try folder.write(model, as: "retrained.onnx")

    try run(["golden", "record", "original.onnx", "photo.jpg", "-o", "one.json", "--embed-inputs"])
    try run([
      "golden", "record", "original.onnx", "scenes/landscape.jpg", "scenes/portrait.jpg", "-o",
      "detector.golden.json", "--embed-inputs",
    ])
    let photo = try TensorArchive(contentsOfFile: folder.file("one.npz")).entries[0].tensor
    let scenes = try TensorArchive(contentsOfFile: folder.file("detector.golden.npz")).entries
      .map(\.tensor)
    try files.removeItem(atPath: folder.file("detector.golden.npz"))
    try run([
      "golden", "record", "original.onnx", "scenes/landscape.jpg", "scenes/portrait.jpg", "-o",
      "detector.golden.json",
    ])

    func outputs(_ graph: String, _ input: Tensor) throws -> TensorArchive {
      let model = try Model(contentsOfFile: "\(FixtureTests.folder)/detector_\(graph).onnx")
      return TensorArchive(
        try ModelRun(model, inputs: ["images": input]).outputs.map {
          TensorArchive.Entry(name: $0.name, tensor: $0.tensor)
        })
    }
    let engine = try outputs("yololayer", photo)
    try files.moveItem(
      atPath: engine.write(as: .trtexec, in: folder), toPath: folder.file("engine.json"))
    try files.moveItem(
      atPath: engine.write(as: .raw, in: folder), toPath: folder.file("bindings"))
    try outputs("heads_dynamic", photo).write(toFile: folder.file("heads.npz"))
    let both = Tensor(
      scenes.flatMap { $0.elements(of: Float.self) },
      shape: Shape([2] + scenes[0].shape.dropFirst()))
    try outputs("yololayer_dynamic", both).write(toFile: folder.file("engine.npz"))
    return folder
  }

  @Test(arguments: examples) func runsAsWritten(_ example: Example) throws {
    let folder = try TemporaryFolder()
    let work = folder.file("work")
    try FileManager.default.copyItem(atPath: Self.folder.get().path, toPath: work)
    for file in example.files { try? FileManager.default.removeItem(atPath: "\(work)/\(file)") }
    let command = try Command(shell: example.testDescription, directory: work)
    #expect(command.status == 0, "\(command.output)\(command.errors)")
    #expect(command.output.contains(example.output) || example.output.isEmpty, "\(command.output)")
    for file in example.files {
      #expect(FileManager.default.fileExists(atPath: "\(work)/\(file)"), "\(file)")
    }
  }
}
