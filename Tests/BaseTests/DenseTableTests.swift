import Base
import Testing

@Suite struct DenseTableTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func holdsWhatADictionaryHolds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = DenseTable<Int, UInt64>()
        var model: [Int: UInt64] = [:]
        for _ in 0..<400 {
            let key = Int(random.next() % 40)
            switch random.next() % 4 {
            case 0: #expect(table.removeValue(forKey: key) == model.removeValue(forKey: key))
            case 1: (table[key], model[key]) = (nil, nil)
            default:
                let value = random.next()
                (table[key], model[key]) = (value, value)
            }
            #expect(table.count == model.count)
            #expect(table.isEmpty == model.isEmpty)
            #expect(table[key] == model[key])
        }
        #expect(Set(table.keys) == Set(model.keys))
        for key in 0..<40 { #expect(table[key] == model[key]) }
        let even = table.filter { key, _ in key.isMultiple(of: 2) }
        #expect(even.map(\.key).sorted() == model.keys.filter { $0.isMultiple(of: 2) }.sorted())
    }
}
